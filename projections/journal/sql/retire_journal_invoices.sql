-- A small step in deleting a generation of the books' invoices that nobody reads any more.
DELETE FROM journal_invoices
WHERE ledger_id = %(ledger_id)s AND generation = %(generation)s AND (stream_id, invoice_id) IN (
    SELECT stream_id, invoice_id FROM journal_invoices
    WHERE ledger_id = %(ledger_id)s AND generation = %(generation)s
    ORDER BY stream_id, invoice_id LIMIT %(limit)s
)
