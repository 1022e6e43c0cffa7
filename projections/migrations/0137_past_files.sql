-- What a file shows of an invoice, flat, in minor units: so that a file of any moment is one statement too.
ALTER TABLE invoices_past
    ADD COLUMN number               bigint,
    ADD COLUMN origin               text COLLATE "C",
    ADD COLUMN currency             text COLLATE "C",
    ADD COLUMN plan_ids             jsonb,
    ADD COLUMN total_minor          bigint,
    ADD COLUMN credit_applied_minor bigint,
    ADD COLUMN paid_minor           bigint,
    ADD COLUMN due_minor            bigint,
    ADD COLUMN credited_minor       bigint,
    ADD COLUMN returned_minor       bigint,
    ADD COLUMN refunded_minor       bigint,
    ADD COLUMN due_at               timestamptz;

-- With the position in it, a list of a moment long ago passes by what came later without a look at its rows.
DROP INDEX subscriptions_past_by_age;
CREATE INDEX subscriptions_past_by_age
    ON subscriptions_past (ledger_id, generation, created_at, stream_id, subscription_id, position) WHERE first;
DROP INDEX invoices_past_by_age;
CREATE INDEX invoices_past_by_age
    ON invoices_past (ledger_id, generation, created_at, stream_id, invoice_id, position) WHERE first;
