-- Rows of entities that are no more.
DELETE FROM entities AS t
USING unnest(%(stream_id)s::uuid[], %(entity_id)s::text[]) AS gone (stream_id, entity_id)
WHERE t.ledger_id = %(ledger_id)s AND t.generation = %(generation)s
  AND t.stream_id = gone.stream_id AND t.entity_id = gone.entity_id
