-- Who is signed in, by the keyed hash of what their cookie holds; and links that sign in once. Neither names its ledger
-- by itself: both are looked up by the hash alone, and what is found must be of a ledger that is there.
CREATE TABLE sessions (
    ledger_id   text COLLATE "C" NOT NULL,
    secret_hash bytea NOT NULL,
    user_id     text COLLATE "C" NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    seen_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at  timestamptz NOT NULL,
    PRIMARY KEY (ledger_id, secret_hash)
);

CREATE INDEX sessions_by_hash ON sessions (secret_hash);
CREATE INDEX sessions_by_user ON sessions (ledger_id, user_id);

CREATE TABLE sign_in_links (
    ledger_id   text COLLATE "C" NOT NULL,
    secret_hash bytea NOT NULL,
    user_id     text COLLATE "C" NOT NULL,
    expires_at  timestamptz NOT NULL,
    PRIMARY KEY (ledger_id, secret_hash)
);

CREATE INDEX sign_in_links_by_hash ON sign_in_links (secret_hash);

GRANT SELECT, INSERT, UPDATE, DELETE ON sessions, sign_in_links TO tallystick_app;
