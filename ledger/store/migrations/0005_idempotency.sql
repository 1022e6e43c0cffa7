-- Which keys were used for what, kept 30 days. Never a stored answer: with the streams, the number of events of each
-- step, the instant of the command and the positions it lies between, the first answer is folded again from the log.
CREATE TABLE idempotency (
    ledger_id    text COLLATE "C" NOT NULL,
    holder       text COLLATE "C" NOT NULL,
    key          text COLLATE "C" NOT NULL,
    verb         text COLLATE "C" NOT NULL,
    request_hash bytea NOT NULL,
    status       smallint NOT NULL,
    began_after  bigint NOT NULL,
    position     bigint NOT NULL,
    business_now timestamptz NOT NULL,
    recorded_at  timestamptz NOT NULL,
    stream_ids   uuid[] NOT NULL,
    event_counts integer[] NOT NULL,
    PRIMARY KEY (ledger_id, holder, key)
);

-- The worker deletes the oldest first, in small steps. Without ledger_id: while the table is small, an index that begins
-- like the primary key looks just as good to the planner, and a key would be searched among all of its ledger's.
CREATE INDEX idempotency_by_age ON idempotency (recorded_at);

GRANT SELECT, INSERT, UPDATE, DELETE ON idempotency TO tallystick_app;
