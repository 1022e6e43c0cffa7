-- Generations beside the one that is read: being filled, as far as `position`, or retired and waiting to be deleted.
CREATE TABLE generations (
    ledger_id  text COLLATE "C" NOT NULL,
    model      text COLLATE "C" NOT NULL,
    generation integer NOT NULL,
    state      text NOT NULL CHECK (state IN ('filling', 'retired')),
    position   bigint NOT NULL DEFAULT 0,
    moved_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (ledger_id, model, generation)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON generations TO tallystick_app;
