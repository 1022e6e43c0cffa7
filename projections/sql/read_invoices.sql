-- All invoices of some customers, oldest first.
SELECT stream_id, lines::text, state::text
FROM invoices
WHERE ledger_id = %(ledger_id)s AND generation = %(invoices_generation)s
  AND stream_id = ANY (%(stream_ids)s::uuid[])
ORDER BY stream_id, created_at, invoice_id
