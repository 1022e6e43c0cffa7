-- What the books of some streams are folded on from: every invoice, paid ones too, because they can be refunded.
SELECT stream_id, state::text
FROM journal_invoices
WHERE ledger_id = %(ledger_id)s AND generation = %(generation)s AND stream_id = ANY (%(stream_ids)s::uuid[])
ORDER BY stream_id, invoice_id
