-- A page of entities, newest first. Version 0 stands for any version of a plan.
SELECT c.created_at, c.stream_id, c.entity_id, c.feature_id, c.name, c.forgotten, c.controls::text
FROM entities AS c
JOIN customers AS o
  ON o.ledger_id = %(ledger_id)s AND o.generation = c.generation AND o.stream_id = c.stream_id AND o.deleted_at IS NULL
WHERE c.ledger_id = %(ledger_id)s AND c.generation = %(customers_generation)s
  AND (%(stream_id)s::uuid IS NULL OR c.stream_id = %(stream_id)s::uuid)
  AND (%(after_at)s::timestamptz IS NULL
       OR (c.created_at, c.stream_id, c.entity_id)
          < (%(after_at)s::timestamptz, %(after_stream)s::uuid, %(after_id)s::text))
  AND (%(search)s::text IS NULL OR c.search LIKE %(search)s::text)
  AND (cardinality(%(plan_ids)s::text[]) = 0 OR EXISTS (
        SELECT FROM subscriptions AS s
        JOIN unnest(%(plan_ids)s::text[], %(plan_versions)s::integer[]) AS wanted (plan_id, version)
          ON wanted.plan_id = s.plan_id AND wanted.version IN (0, s.plan_version)
        WHERE s.ledger_id = %(ledger_id)s AND s.generation = %(subscriptions_generation)s
          AND s.stream_id = c.stream_id AND s.status = ANY (%(plan_statuses)s::text[])
          AND (s.entity_id IS NULL OR s.entity_id = c.entity_id)))
ORDER BY c.created_at DESC, c.stream_id DESC, c.entity_id DESC
LIMIT %(limit)s
