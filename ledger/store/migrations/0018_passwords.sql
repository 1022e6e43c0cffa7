-- How users prove who they are: an argon2 hash, and how often somebody was wrong lately. That a user exists, the name
-- and the role are events; a password never is.
CREATE TABLE passwords (
    ledger_id    text COLLATE "C" NOT NULL,
    user_id      text COLLATE "C" NOT NULL,
    hash         text NOT NULL,
    failures     integer NOT NULL DEFAULT 0,
    locked_until timestamptz,
    changed_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (ledger_id, user_id)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON passwords TO tallystick_app;
