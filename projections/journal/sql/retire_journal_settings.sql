-- A small step in deleting a generation of the books' settings that nobody reads any more.
DELETE FROM journal_settings
WHERE ledger_id = %(ledger_id)s AND generation = %(generation)s AND position IN (
    SELECT position FROM journal_settings
    WHERE ledger_id = %(ledger_id)s AND generation = %(generation)s
    ORDER BY position LIMIT %(limit)s
)
