-- Invoices as each event of a batch left them.
INSERT INTO invoices_past (
    ledger_id, generation, stream_id, invoice_id, position, at, first, status, entity_id, stripe_id, created_at,
    finalized_at, closed_at, lines, state, number, origin, currency, plan_ids, total_minor, credit_applied_minor,
    paid_minor, due_minor, credited_minor, returned_minor, refunded_minor, due_at
)
SELECT
    %(ledger_id)s, %(generation)s, r.stream_id, r.invoice_id, r.position, r.at, r.first::boolean, r.status,
    r.entity_id, r.stripe_id, r.created_at, r.finalized_at, r.closed_at, r.lines::jsonb, r.state::jsonb, r.number,
    r.origin, r.currency, r.plan_ids::jsonb, r.total_minor, r.credit_applied_minor, r.paid_minor, r.due_minor,
    r.credited_minor, r.returned_minor, r.refunded_minor, r.due_at
FROM unnest(
    %(stream_id)s::uuid[], %(invoice_id)s::text[], %(position)s::bigint[], %(at)s::timestamptz[], %(first)s::text[],
    %(status)s::text[], %(entity_id)s::text[], %(stripe_id)s::text[], %(created_at)s::timestamptz[],
    %(finalized_at)s::timestamptz[], %(closed_at)s::timestamptz[], %(lines)s::text[], %(state)s::text[],
    %(number)s::bigint[], %(origin)s::text[], %(currency)s::text[], %(plan_ids)s::text[], %(total_minor)s::bigint[],
    %(credit_applied_minor)s::bigint[], %(paid_minor)s::bigint[], %(due_minor)s::bigint[],
    %(credited_minor)s::bigint[], %(returned_minor)s::bigint[], %(refunded_minor)s::bigint[],
    %(due_at)s::timestamptz[]
) AS r (
    stream_id, invoice_id, position, at, first, status, entity_id, stripe_id, created_at, finalized_at, closed_at,
    lines, state, number, origin, currency, plan_ids, total_minor, credit_applied_minor, paid_minor, due_minor,
    credited_minor, returned_minor, refunded_minor, due_at
)
