-- A small step in deleting a generation of usage that nobody reads any more: its grants that uses took from.
-- By place: found by key, a join without statistics would compare every row with every other.
DELETE FROM usage_grants
WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM usage_grants
    WHERE ledger_id = %(ledger_id)s AND generation = %(generation)s
    ORDER BY stream_id, grant_id LIMIT %(limit)s
))
