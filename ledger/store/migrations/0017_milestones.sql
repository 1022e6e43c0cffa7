-- States kept on the way through long streams, so that a look into the past folds a tail and not a life. As snapshots:
-- valid for one version of the code, sealed under the stream's data key where it has one, gone with the person.
CREATE TABLE milestones (
    ledger_id    text COLLATE "C" NOT NULL,
    stream_id    uuid NOT NULL,
    version      integer NOT NULL,
    last_at      timestamptz NOT NULL,
    code_version text COLLATE "C" NOT NULL,
    sealed       boolean NOT NULL,
    state        bytea NOT NULL,
    PRIMARY KEY (ledger_id, stream_id, version)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON milestones TO tallystick_app;
