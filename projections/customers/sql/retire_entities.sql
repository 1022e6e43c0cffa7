-- A small step in deleting a generation of entities that nobody reads any more.
DELETE FROM entities
WHERE ledger_id = %(ledger_id)s AND generation = %(generation)s AND (stream_id, entity_id) IN (
    SELECT stream_id, entity_id FROM entities
    WHERE ledger_id = %(ledger_id)s AND generation = %(generation)s
    ORDER BY stream_id, entity_id LIMIT %(limit)s
)
