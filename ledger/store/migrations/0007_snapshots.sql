-- The newest kept state of a stream, so that a cold start folds a tail and not a life. Valid for one code version
-- only; sealed under the stream's data key where it has one, so that forgetting a person reaches it too.
CREATE TABLE snapshots (
    ledger_id    text COLLATE "C" NOT NULL,
    stream_id    uuid NOT NULL,
    version      integer NOT NULL,
    last_at      timestamptz NOT NULL,
    code_version text COLLATE "C" NOT NULL,
    sealed       boolean NOT NULL,
    state        bytea NOT NULL,
    PRIMARY KEY (ledger_id, stream_id)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON snapshots TO tallystick_app;
