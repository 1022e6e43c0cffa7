-- The lines of the books on their days, and what becomes revenue month by month. An entry is one position, part and
-- natural day: part 0 is what the event moved, part 1 what is recognised later. `posted_on` is later than `natural_on`
-- where that day was closed when the event was recorded.
CREATE TABLE journal_postings (
    ledger_id    text COLLATE "C" NOT NULL,
    generation   integer NOT NULL,
    posted_on    date NOT NULL,
    position     bigint NOT NULL,
    part         integer NOT NULL,
    natural_on   date NOT NULL,
    line         integer NOT NULL,
    account      text COLLATE "C" NOT NULL,
    currency     text COLLATE "C" NOT NULL,
    amount_minor bigint NOT NULL,
    stream_id    uuid NOT NULL,
    PRIMARY KEY (ledger_id, generation, posted_on, position, part, natural_on, line, account)
) WITH (autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02);

CREATE INDEX journal_postings_by_account
    ON journal_postings (ledger_id, generation, account, currency, posted_on, position) INCLUDE (amount_minor);
CREATE INDEX journal_postings_by_stream ON journal_postings (ledger_id, generation, stream_id, posted_on, position);

GRANT SELECT, INSERT, DELETE ON journal_postings TO tallystick_app;
