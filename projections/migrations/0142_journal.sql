-- The books. What each event moves between accounts, in minor units, debits above zero, with its instant; and the
-- settings that say on which day of the ledger an instant is, and which days are closed. Rows are added and never
-- changed. `earned` is the account that an amount becomes revenue of over its period.
CREATE TABLE journal_settings (
    ledger_id  text COLLATE "C" NOT NULL,
    generation integer NOT NULL,
    position   bigint NOT NULL,
    setting    text COLLATE "C" NOT NULL,
    value      text COLLATE "C" NOT NULL,
    PRIMARY KEY (ledger_id, generation, position)
);

CREATE TABLE journal_lines (
    ledger_id      text COLLATE "C" NOT NULL,
    generation     integer NOT NULL,
    position       bigint NOT NULL,
    line           integer NOT NULL,
    stream_id      uuid NOT NULL,
    version        integer NOT NULL,
    kind           text COLLATE "C" NOT NULL,
    at             timestamptz NOT NULL,
    account        text COLLATE "C" NOT NULL,
    currency       text COLLATE "C" NOT NULL,
    amount_minor   bigint NOT NULL,
    invoice_id     text COLLATE "C",
    number         bigint,
    item           integer,
    plan_id        text COLLATE "C",
    feature_id     text COLLATE "C",
    entity_id      text COLLATE "C",
    earned         text COLLATE "C",
    period_start   timestamptz,
    period_end     timestamptz,
    about_position bigint,
    PRIMARY KEY (ledger_id, generation, position, line)
) WITH (autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02);

CREATE INDEX journal_lines_by_instant ON journal_lines (ledger_id, generation, at);

GRANT SELECT, INSERT, DELETE ON journal_settings, journal_lines TO tallystick_app;
