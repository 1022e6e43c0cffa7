-- Invoices as the books hold them: what of each line was taken back, and what is promised to the payer.
CREATE TABLE journal_invoices (
    ledger_id  text COLLATE "C" NOT NULL,
    generation integer NOT NULL,
    stream_id  uuid NOT NULL,
    invoice_id text COLLATE "C" NOT NULL,
    state      jsonb NOT NULL,
    PRIMARY KEY (ledger_id, generation, stream_id, invoice_id)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON journal_invoices TO tallystick_app;
