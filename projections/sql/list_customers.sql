-- A page of customers, newest or oldest first. Version 0 stands for any version of a plan.
SELECT c.created_at, c.stream_id
FROM customers AS c
WHERE c.ledger_id = %(ledger_id)s AND c.generation = %(customers_generation)s AND c.deleted_at IS NULL
  AND (%(after_at)s::timestamptz IS NULL
       OR (c.created_at, c.stream_id) {beyond} (%(after_at)s::timestamptz, %(after_stream)s::uuid))
  AND (%(search)s::text IS NULL OR c.search LIKE %(search)s::text)
  AND (%(created_from)s::timestamptz IS NULL OR c.created_at >= %(created_from)s::timestamptz)
  AND (%(created_to)s::timestamptz IS NULL OR c.created_at <= %(created_to)s::timestamptz)
  AND (cardinality(%(plan_ids)s::text[]) = 0 OR EXISTS (
        SELECT FROM subscriptions AS s
        JOIN unnest(%(plan_ids)s::text[], %(plan_versions)s::integer[]) AS wanted (plan_id, version)
          ON wanted.plan_id = s.plan_id AND wanted.version IN (0, s.plan_version)
        WHERE s.ledger_id = %(ledger_id)s AND s.generation = %(subscriptions_generation)s
          AND s.stream_id = c.stream_id AND s.status = ANY (%(plan_statuses)s::text[])))
ORDER BY c.created_at {way}, c.stream_id {way}
LIMIT %(limit)s
