-- How far a follower of another application's log has come, moved in the transaction of what it wrote.
CREATE TABLE tracking (
    ledger_id        text COLLATE "C" NOT NULL,
    application_name text COLLATE "C" NOT NULL,
    position         bigint NOT NULL,
    PRIMARY KEY (ledger_id, application_name)
);

GRANT SELECT, INSERT, UPDATE ON tracking TO tallystick_app;
