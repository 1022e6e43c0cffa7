-- A small step in deleting a generation of usage that nobody reads any more: its earliest uses.
DELETE FROM usage
WHERE ledger_id = %(ledger_id)s AND generation = %(generation)s AND (at, position) IN (
    SELECT at, position FROM usage
    WHERE ledger_id = %(ledger_id)s AND generation = %(generation)s
    ORDER BY at, position LIMIT %(limit)s
)
