-- A small step in deleting a generation of usage that nobody reads any more: its earliest uses.
-- By place: found by key, a join without statistics would compare every row with every other.
DELETE FROM usage
WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM usage
    WHERE ledger_id = %(ledger_id)s AND generation = %(generation)s
    ORDER BY at, position LIMIT %(limit)s
))
