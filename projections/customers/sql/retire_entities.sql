-- A small step in deleting a generation of entities that nobody reads any more.
-- By place: found by key, a join without statistics would compare every row with every other.
DELETE FROM entities
WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM entities
    WHERE ledger_id = %(ledger_id)s AND generation = %(generation)s
    ORDER BY stream_id, entity_id LIMIT %(limit)s
))
