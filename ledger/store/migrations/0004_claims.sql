-- What must be unique in a ledger, and how an id finds its stream. Folded from the events in their own transaction.
-- A personal value is stored as a keyed hash.
CREATE TABLE claims (
    ledger_id text COLLATE "C" NOT NULL,
    kind      text COLLATE "C" NOT NULL,
    value     text COLLATE "C" NOT NULL,
    stream_id uuid NOT NULL,
    PRIMARY KEY (ledger_id, kind, value)
);

-- Deletes and re-takes of one stream's claims, and the comparison of `replay verify`.
CREATE INDEX claims_by_stream ON claims (ledger_id, stream_id);

GRANT SELECT, INSERT, DELETE ON claims TO tallystick_app;
