-- A small step in deleting a generation of usage that nobody reads any more: its sums of customers.
-- By place: found by key, a join without statistics would compare every row with every other.
DELETE FROM usage_stream_sums
WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM usage_stream_sums
    WHERE ledger_id = %(ledger_id)s AND generation = %(generation)s
    ORDER BY stream_id, cell, feature_id, entity_id LIMIT %(limit)s
))
