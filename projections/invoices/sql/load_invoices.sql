-- What invoices are folded on from, oldest first: paid ones too, because they can be refunded.
SELECT stream_id, finalized_at, closed_at, lines::text, state::text
FROM invoices
WHERE ledger_id = %(ledger_id)s AND generation = %(generation)s AND stream_id = ANY (%(stream_ids)s::uuid[])
ORDER BY stream_id, created_at, invoice_id
