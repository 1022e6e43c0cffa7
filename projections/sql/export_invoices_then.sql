-- All invoices as they were at a moment, as `export_invoices` shows those of now, of customers that existed then.
SELECT 'in_' || replace(f.stream_id::text, '-', '') || '_' || replace(f.invoice_id, '.', '_'),
       s.number, coalesce(c.customer_id, 'cus_' || replace(f.stream_id::text, '-', '')), s.entity_id,
       s.status, s.origin, s.currency,
       s.total_minor, s.credit_applied_minor, s.paid_minor, s.refunded_minor, s.credited_minor + s.returned_minor,
       s.due_minor, f.created_at, s.finalized_at, s.due_at, s.closed_at, s.stripe_id, s.plan_ids::text
FROM invoices_past AS f
CROSS JOIN LATERAL (
    SELECT n.number, n.status, n.origin, n.currency, n.entity_id, n.stripe_id, n.total_minor, n.credit_applied_minor,
           n.paid_minor, n.refunded_minor, n.credited_minor, n.returned_minor, n.due_minor, n.finalized_at, n.due_at,
           n.closed_at, n.plan_ids
    FROM invoices_past AS n
    WHERE n.ledger_id = %(ledger_id)s AND n.generation = %(invoices_generation)s AND n.stream_id = f.stream_id
      AND n.invoice_id = f.invoice_id AND n.position <= %(upto_position)s
      AND (%(upto_at)s::timestamptz IS NULL OR n.at <= %(upto_at)s::timestamptz)
    ORDER BY n.position DESC LIMIT 1) AS s
CROSS JOIN LATERAL (
    SELECT n.position, n.customer_id, n.deleted, n.clock FROM customers_past AS n
    WHERE n.ledger_id = %(ledger_id)s AND n.generation = %(customers_generation)s AND n.stream_id = f.stream_id
      AND n.position <= %(upto_position)s
      AND (%(upto_at)s::timestamptz IS NULL OR n.at <= %(upto_at)s::timestamptz)
    ORDER BY n.position DESC LIMIT 1) AS c
WHERE f.ledger_id = %(ledger_id)s AND f.generation = %(invoices_generation)s AND f.first
  AND f.position <= %(upto_position)s
  AND (%(upto_at)s::timestamptz IS NULL OR f.at <= %(upto_at)s::timestamptz)
  AND NOT c.deleted
  AND (%(statuses)s::text[] IS NULL OR s.status = ANY (%(statuses)s::text[]))
  AND (%(stream_id)s::uuid IS NULL OR f.stream_id = %(stream_id)s::uuid)
  AND (%(entity_id)s::text IS NULL OR s.entity_id = %(entity_id)s::text)
  AND (%(invoice_id)s::text IS NULL OR f.invoice_id = %(invoice_id)s::text)
  AND (%(stripe_id)s::text IS NULL OR s.stripe_id = %(stripe_id)s::text)
  AND (%(created_from)s::timestamptz IS NULL OR f.created_at >= %(created_from)s::timestamptz)
  AND (%(created_to)s::timestamptz IS NULL OR f.created_at <= %(created_to)s::timestamptz)
  AND (%(due_from)s::timestamptz IS NULL OR s.due_at >= %(due_from)s::timestamptz)
  AND (%(due_to)s::timestamptz IS NULL OR s.due_at <= %(due_to)s::timestamptz)
ORDER BY f.created_at DESC, f.stream_id DESC, f.invoice_id DESC
