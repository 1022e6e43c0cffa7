-- Every fact, for ever. `state` is the exact JSON bytes that were hashed; `hash` is SHA-256 over the hash before and
-- every other column (see event_body), so no column can be changed unseen. The server may only read and add.
CREATE TABLE events (
    ledger_id    text COLLATE "C" NOT NULL,
    position     bigint NOT NULL,
    stream_id    uuid NOT NULL,
    version      integer NOT NULL,
    type         text COLLATE "C" NOT NULL,
    state        bytea NOT NULL,
    actor        text COLLATE "C" NOT NULL,
    on_behalf_of text COLLATE "C",
    request_id   text COLLATE "C" NOT NULL,
    at           timestamptz NOT NULL,
    recorded_at  timestamptz NOT NULL,
    hash         bytea NOT NULL,
    PRIMARY KEY (ledger_id, position),
    UNIQUE (ledger_id, stream_id, version)
) WITH (autovacuum_vacuum_insert_scale_factor = 0.05);

GRANT SELECT, INSERT ON events TO tallystick_app;
