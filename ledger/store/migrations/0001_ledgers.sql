-- The head of every ledger. Locking this row is what orders writers: positions are gapless and commit in order
-- because nobody appends without it. Nearly empty pages keep its many updates inside one page (no index entries).
CREATE TABLE ledgers (
    ledger_id   text COLLATE "C" NOT NULL CHECK (ledger_id ~ '^[a-z0-9][a-z0-9_-]{0,62}$'),
    env         text NOT NULL CHECK (env IN ('sandbox', 'live')),
    name        text NOT NULL DEFAULT '',
    position    bigint NOT NULL DEFAULT 0,
    hash        bytea NOT NULL DEFAULT decode(repeat('00', 32), 'hex'),
    recorded_at timestamptz,
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (ledger_id)
) WITH (fillfactor = 10, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0);

GRANT SELECT, INSERT, UPDATE (name, position, hash, recorded_at) ON ledgers TO tallystick_app;
