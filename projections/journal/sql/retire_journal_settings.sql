-- A small step in deleting a generation of the books' settings that nobody reads any more.
-- By place: found by key, a join without statistics would compare every row with every other.
DELETE FROM journal_settings
WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM journal_settings
    WHERE ledger_id = %(ledger_id)s AND generation = %(generation)s
    ORDER BY position LIMIT %(limit)s
))
