-- The key each stream's personal data is sealed under, itself wrapped by the operator's key. Deleting the row forgets
-- the person and leaves every event and every hash as it was; `forgotten` rows are what is left of it.
CREATE TABLE data_keys (
    ledger_id   text COLLATE "C" NOT NULL,
    stream_id   uuid NOT NULL,
    wrapped_key bytea,
    PRIMARY KEY (ledger_id, stream_id)
);

GRANT SELECT, INSERT, UPDATE (wrapped_key) ON data_keys TO tallystick_app;
