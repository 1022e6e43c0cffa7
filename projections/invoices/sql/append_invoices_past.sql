-- Invoices as each event of a batch left them.
COPY invoices_past (
    ledger_id, generation, stream_id, invoice_id, position, at, first, status, entity_id, stripe_id, created_at,
    finalized_at, closed_at, lines, state, number, origin, currency, plan_ids, total_minor, credit_applied_minor,
    paid_minor, due_minor, credited_minor, returned_minor, refunded_minor, due_at
) FROM STDIN
