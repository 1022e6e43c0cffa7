-- A small step in deleting a generation of the books' lines that nobody reads any more: its earliest ones.
DELETE FROM journal_lines
WHERE ledger_id = %(ledger_id)s AND generation = %(generation)s AND (position, line) IN (
    SELECT position, line FROM journal_lines
    WHERE ledger_id = %(ledger_id)s AND generation = %(generation)s
    ORDER BY position, line LIMIT %(limit)s
)
