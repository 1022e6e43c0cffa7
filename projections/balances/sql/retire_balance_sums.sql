-- A small step in deleting a generation of balance_sums that nobody reads any more.
-- By place: found by key, a join without statistics would compare every row with every other.
DELETE FROM balance_sums
WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM balance_sums
    WHERE ledger_id = %(ledger_id)s AND generation = %(generation)s
    ORDER BY stream_id, feature_id LIMIT %(limit)s
))
