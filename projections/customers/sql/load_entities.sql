-- The entities of customers, oldest first.
SELECT stream_id, entity_id, feature_id, name, forgotten, created_at, controls::text
FROM entities
WHERE ledger_id = %(ledger_id)s AND generation = %(generation)s AND stream_id = ANY (%(stream_ids)s::uuid[])
ORDER BY stream_id, created_at, entity_id
