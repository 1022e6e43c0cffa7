-- A page of invoices, newest first, of customers that exist.
SELECT s.created_at, s.stream_id, s.invoice_id, c.customer_id, s.finalized_at, s.closed_at, s.lines::text,
       s.state::text
FROM invoices AS s
JOIN customers AS c
  ON c.ledger_id = %(ledger_id)s AND c.generation = %(customers_generation)s AND c.stream_id = s.stream_id
  AND c.deleted_at IS NULL
WHERE s.ledger_id = %(ledger_id)s AND s.generation = %(invoices_generation)s
  AND (%(statuses)s::text[] IS NULL OR s.status = ANY (%(statuses)s::text[]))
  AND (%(stream_id)s::uuid IS NULL OR s.stream_id = %(stream_id)s::uuid)
  AND (%(entity_id)s::text IS NULL OR s.entity_id = %(entity_id)s::text)
  AND (%(invoice_id)s::text IS NULL OR s.invoice_id = %(invoice_id)s::text)
  AND (%(stripe_id)s::text IS NULL OR s.stripe_id = %(stripe_id)s::text)
  AND (%(created_from)s::timestamptz IS NULL OR s.created_at >= %(created_from)s::timestamptz)
  AND (%(created_to)s::timestamptz IS NULL OR s.created_at <= %(created_to)s::timestamptz)
  AND (%(due_from)s::timestamptz IS NULL OR s.due_at >= %(due_from)s::timestamptz)
  AND (%(due_to)s::timestamptz IS NULL OR s.due_at <= %(due_to)s::timestamptz)
  AND (%(after_at)s::timestamptz IS NULL
       OR (s.created_at, s.stream_id, s.invoice_id)
          < (%(after_at)s::timestamptz, %(after_stream)s::uuid, %(after_id)s::text))
ORDER BY s.created_at DESC, s.stream_id DESC, s.invoice_id DESC
LIMIT %(limit)s
