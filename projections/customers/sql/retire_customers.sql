-- A small step in deleting a generation of customers that nobody reads any more.
DELETE FROM customers
WHERE ledger_id = %(ledger_id)s AND generation = %(generation)s AND (stream_id) IN (
    SELECT stream_id FROM customers
    WHERE ledger_id = %(ledger_id)s AND generation = %(generation)s
    ORDER BY stream_id LIMIT %(limit)s
)
