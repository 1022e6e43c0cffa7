-- A small step in deleting a generation of timeline_streams that nobody reads any more.
-- By place: found by key, a join without statistics would compare every row with every other.
DELETE FROM timeline_streams
WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM timeline_streams
    WHERE ledger_id = %(ledger_id)s AND generation = %(generation)s
    ORDER BY stream_id LIMIT %(limit)s
))
