-- How far a ledger is folded: one position for all of its models, moved in the transaction of their rows. Locking
-- this row is what keeps two runners from folding the same events.
CREATE TABLE projected (
    ledger_id text COLLATE "C" NOT NULL,
    position  bigint NOT NULL,
    PRIMARY KEY (ledger_id)
) WITH (fillfactor = 10, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0);

GRANT SELECT, INSERT, UPDATE ON projected TO tallystick_app;
