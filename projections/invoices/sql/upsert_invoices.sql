-- Rows of invoices as a batch left them, new or in place of those with their key.
INSERT INTO invoices (
    ledger_id, generation, stream_id, invoice_id, number, status, origin, entity_id, stripe_id, currency, plan_ids,
    total_minor, credit_applied_minor, paid_minor, due_minor, credited_minor, returned_minor, refunded_minor,
    created_at, finalized_at, due_at, closed_at, lines, state
)
SELECT
    %(ledger_id)s, %(generation)s, r.stream_id, r.invoice_id, r.number, r.status, r.origin, r.entity_id,
    r.stripe_id, r.currency, r.plan_ids::jsonb, r.total_minor, r.credit_applied_minor, r.paid_minor, r.due_minor,
    r.credited_minor, r.returned_minor, r.refunded_minor, r.created_at, r.finalized_at, r.due_at, r.closed_at,
    r.lines::jsonb, r.state::jsonb
FROM unnest(
    %(stream_id)s::uuid[], %(invoice_id)s::text[], %(number)s::bigint[], %(status)s::text[], %(origin)s::text[],
    %(entity_id)s::text[], %(stripe_id)s::text[], %(currency)s::text[], %(plan_ids)s::text[],
    %(total_minor)s::bigint[], %(credit_applied_minor)s::bigint[], %(paid_minor)s::bigint[],
    %(due_minor)s::bigint[], %(credited_minor)s::bigint[], %(returned_minor)s::bigint[],
    %(refunded_minor)s::bigint[], %(created_at)s::timestamptz[], %(finalized_at)s::timestamptz[],
    %(due_at)s::timestamptz[], %(closed_at)s::timestamptz[], %(lines)s::text[], %(state)s::text[]
) AS r (
    stream_id, invoice_id, number, status, origin, entity_id, stripe_id, currency, plan_ids, total_minor,
    credit_applied_minor, paid_minor, due_minor, credited_minor, returned_minor, refunded_minor, created_at,
    finalized_at, due_at, closed_at, lines, state
)
ON CONFLICT (ledger_id, generation, stream_id, invoice_id) DO UPDATE SET
    number = excluded.number, status = excluded.status, plan_ids = excluded.plan_ids, total_minor =
    excluded.total_minor, credit_applied_minor = excluded.credit_applied_minor, paid_minor = excluded.paid_minor,
    due_minor = excluded.due_minor, credited_minor = excluded.credited_minor, returned_minor =
    excluded.returned_minor, refunded_minor = excluded.refunded_minor, finalized_at = excluded.finalized_at,
    due_at = excluded.due_at, closed_at = excluded.closed_at, lines = excluded.lines, state = excluded.state
