-- A small step in deleting a generation of the books' invoices that nobody reads any more.
-- By place: found by key, a join without statistics would compare every row with every other.
DELETE FROM journal_invoices
WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM journal_invoices
    WHERE ledger_id = %(ledger_id)s AND generation = %(generation)s
    ORDER BY stream_id, invoice_id LIMIT %(limit)s
))
