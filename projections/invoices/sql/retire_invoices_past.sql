-- A small step in deleting a generation of invoices_past that nobody reads any more.
DELETE FROM invoices_past
WHERE ledger_id = %(ledger_id)s AND generation = %(generation)s AND (stream_id, invoice_id, position) IN (
    SELECT stream_id, invoice_id, position FROM invoices_past
    WHERE ledger_id = %(ledger_id)s AND generation = %(generation)s
    ORDER BY stream_id, invoice_id, position LIMIT %(limit)s
)
