-- The generation of each model that is read, and where and why a model stopped. Changing this row is what swaps a
-- rebuilt generation in.
CREATE TABLE projections (
    ledger_id       text COLLATE "C" NOT NULL,
    model           text COLLATE "C" NOT NULL,
    generation      integer NOT NULL,
    failed_position bigint,
    failure         text,
    failed_at       timestamptz,
    PRIMARY KEY (ledger_id, model)
);

GRANT SELECT, INSERT, UPDATE ON projections TO tallystick_app;
