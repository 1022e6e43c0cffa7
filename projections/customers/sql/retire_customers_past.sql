-- A small step in deleting a generation of customers_past that nobody reads any more.
DELETE FROM customers_past
WHERE ledger_id = %(ledger_id)s AND generation = %(generation)s AND (stream_id, position) IN (
    SELECT stream_id, position FROM customers_past
    WHERE ledger_id = %(ledger_id)s AND generation = %(generation)s
    ORDER BY stream_id, position LIMIT %(limit)s
)
