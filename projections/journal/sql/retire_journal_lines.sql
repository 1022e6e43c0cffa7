-- A small step in deleting a generation of the books' lines that nobody reads any more: its earliest ones.
-- By place: found by key, a join without statistics would compare every row with every other.
DELETE FROM journal_lines
WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM journal_lines
    WHERE ledger_id = %(ledger_id)s AND generation = %(generation)s
    ORDER BY position, line LIMIT %(limit)s
))
