-- What came on either side of each account on each day: a trial balance of millions of postings reads these few rows.
CREATE TABLE journal_sums (
    ledger_id     text COLLATE "C" NOT NULL,
    generation    integer NOT NULL,
    account       text COLLATE "C" NOT NULL,
    currency      text COLLATE "C" NOT NULL,
    posted_on     date NOT NULL,
    debits_minor  numeric NOT NULL,
    credits_minor numeric NOT NULL,
    PRIMARY KEY (ledger_id, generation, account, currency, posted_on)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON journal_sums TO tallystick_app;
