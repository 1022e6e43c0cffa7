-- A small step in deleting a generation of accounts_past that nobody reads any more.
-- By place: found by key, a join without statistics would compare every row with every other.
DELETE FROM accounts_past
WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM accounts_past
    WHERE ledger_id = %(ledger_id)s AND generation = %(generation)s
    ORDER BY stream_id, from_position LIMIT %(limit)s
))
