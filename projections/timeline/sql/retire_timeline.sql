-- A small step in deleting a generation of timeline that nobody reads any more.
DELETE FROM timeline
WHERE ledger_id = %(ledger_id)s AND generation = %(generation)s AND (position) IN (
    SELECT position FROM timeline
    WHERE ledger_id = %(ledger_id)s AND generation = %(generation)s
    ORDER BY position LIMIT %(limit)s
)
