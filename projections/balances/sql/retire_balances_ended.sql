-- A small step in deleting a generation of balances_ended that nobody reads any more.
-- By place: found by key, a join without statistics would compare every row with every other.
DELETE FROM balances_ended
WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM balances_ended
    WHERE ledger_id = %(ledger_id)s AND generation = %(generation)s
    ORDER BY stream_id, grant_id LIMIT %(limit)s
))
