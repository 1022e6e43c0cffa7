-- Keyed hashes of API key secrets. That a key exists, its name and its role are events; its secret never is.
CREATE TABLE key_secrets (
    ledger_id   text COLLATE "C" NOT NULL,
    key_id      text COLLATE "C" NOT NULL,
    secret_hash bytea NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (ledger_id, key_id)
);

-- A secret does not always name its ledger (the operator chooses the first one), so it is looked up across ledgers;
-- not unique, because nothing may be unique across ledgers.
CREATE INDEX key_secrets_by_hash ON key_secrets (secret_hash);

GRANT SELECT, INSERT, DELETE ON key_secrets TO tallystick_app;
