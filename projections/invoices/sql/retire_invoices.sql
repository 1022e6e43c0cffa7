-- A small step in deleting a generation of invoices that nobody reads any more.
DELETE FROM invoices
WHERE ledger_id = %(ledger_id)s AND generation = %(generation)s AND (stream_id, invoice_id) IN (
    SELECT stream_id, invoice_id FROM invoices
    WHERE ledger_id = %(ledger_id)s AND generation = %(generation)s
    ORDER BY stream_id, invoice_id LIMIT %(limit)s
)
