-- When the worker must next look at a stream. Written in the append's own transaction.
CREATE TABLE due (
    ledger_id text COLLATE "C" NOT NULL,
    stream_id uuid NOT NULL,
    due_at    timestamptz NOT NULL,
    PRIMARY KEY (ledger_id, stream_id)
);

CREATE INDEX due_soonest ON due (ledger_id, due_at);

GRANT SELECT, INSERT, UPDATE, DELETE ON due TO tallystick_app;
