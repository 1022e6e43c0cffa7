-- How many invoices a ledger has finalized, counted with its head: the next one's number follows from it, and there are
-- no gaps because nobody counts without the head's lock. The log says what it is for ledgers that have a past.
ALTER TABLE ledgers ADD COLUMN invoices bigint NOT NULL DEFAULT 0;

UPDATE ledgers SET invoices = (
    SELECT count(*) FROM events
    WHERE events.ledger_id = ledgers.ledger_id AND starts_with(events.type, 'invoice.finalized.')
);

GRANT UPDATE (invoices) ON ledgers TO tallystick_app;
