-- A page of invoices as they were at a moment, newest first, of customers that existed then. A first page begins after
-- the end of time, so that it too walks the index of age.
SELECT f.created_at, f.stream_id, f.invoice_id, c.customer_id, s.finalized_at, s.closed_at, l.lines::text, s.state::text
FROM invoices_past AS f
CROSS JOIN LATERAL (
    SELECT n.position, n.status, n.entity_id, n.stripe_id, n.due_at, n.finalized_at, n.closed_at, n.state
    FROM invoices_past AS n
    WHERE n.ledger_id = %(ledger_id)s AND n.generation = %(invoices_generation)s AND n.stream_id = f.stream_id
      AND n.invoice_id = f.invoice_id AND n.position <= %(upto_position)s
      AND (%(upto_at)s::timestamptz IS NULL OR n.at <= %(upto_at)s::timestamptz)
    ORDER BY n.position DESC LIMIT 1) AS s
CROSS JOIN LATERAL (
    SELECT n.lines FROM invoices_past AS n
    WHERE n.ledger_id = %(ledger_id)s AND n.generation = %(invoices_generation)s AND n.stream_id = f.stream_id
      AND n.invoice_id = f.invoice_id AND n.position <= s.position AND n.lines IS NOT NULL
    ORDER BY n.position DESC LIMIT 1) AS l
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
  AND (f.created_at, f.stream_id, f.invoice_id)
      < (coalesce(%(after_at)s::timestamptz, 'infinity'), coalesce(%(after_stream)s::uuid, '00000000-0000-0000-0000-000000000000'),
         coalesce(%(after_id)s::text, ''))
ORDER BY f.created_at DESC, f.stream_id DESC, f.invoice_id DESC
LIMIT %(limit)s
