-- A small step in deleting a generation of invoices_past that nobody reads any more.
-- By place: found by key, a join without statistics would compare every row with every other.
DELETE FROM invoices_past
WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM invoices_past
    WHERE ledger_id = %(ledger_id)s AND generation = %(generation)s
    ORDER BY stream_id, invoice_id, position LIMIT %(limit)s
))
