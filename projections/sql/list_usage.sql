-- A page of uses, newest first, of customers that exist.
SELECT s.at, s.position, s.stream_id, s.version, c.customer_id, s.feature_id, s.entity_id, s.event_name, s.value,
       s.properties::text, s.deductions::text
FROM usage AS s
JOIN customers AS c
  ON c.ledger_id = %(ledger_id)s AND c.generation = %(customers_generation)s AND c.stream_id = s.stream_id
  AND c.deleted_at IS NULL
WHERE s.ledger_id = %(ledger_id)s AND s.generation = %(usage_generation)s
  AND (%(stream_id)s::uuid IS NULL OR s.stream_id = %(stream_id)s::uuid)
  AND (%(entity_id)s::text IS NULL OR s.entity_id = %(entity_id)s::text)
  AND (%(feature_ids)s::text[] IS NULL OR s.feature_id = ANY (%(feature_ids)s::text[]))
  AND (%(used_from)s::timestamptz IS NULL OR s.at >= %(used_from)s::timestamptz)
  AND (%(used_to)s::timestamptz IS NULL OR s.at <= %(used_to)s::timestamptz)
  AND (%(after_at)s::timestamptz IS NULL
       OR (s.at, s.position) < (%(after_at)s::timestamptz, %(after_position)s::bigint))
ORDER BY s.at DESC, s.position DESC
LIMIT %(limit)s
