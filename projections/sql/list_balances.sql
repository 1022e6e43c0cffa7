-- A page of balances, newest first, of customers that exist, each with the leftovers of its past periods.
SELECT s.created_at, s.stream_id, s.grant_id, c.customer_id, s.status, s.ended_at, c.clock, c.currency,
       s.state::text,
       (SELECT json_agg(r.state ORDER BY r.created_at, r.grant_id)::text FROM balances AS r
        WHERE r.ledger_id = %(ledger_id)s AND r.generation = %(balances_generation)s AND r.stream_id = s.stream_id
          AND r.rollover_of = s.grant_id AND r.status = 'active')
FROM balances AS s
JOIN customers AS c
  ON c.ledger_id = %(ledger_id)s AND c.generation = %(customers_generation)s AND c.stream_id = s.stream_id
  AND c.deleted_at IS NULL
WHERE s.ledger_id = %(ledger_id)s AND s.generation = %(balances_generation)s
  AND s.rollover_of IS NULL
  AND s.status = ANY (%(statuses)s::text[])
  AND (NOT %(standalone)s::boolean OR s.plan_id IS NULL)
  AND (%(feature_id)s::text IS NULL OR s.feature_id = %(feature_id)s::text)
  AND (%(stream_id)s::uuid IS NULL OR s.stream_id = %(stream_id)s::uuid)
  AND (%(entity_id)s::text IS NULL OR s.entity_id = %(entity_id)s::text)
  AND (%(plan_id)s::text IS NULL OR s.plan_id = %(plan_id)s::text)
  AND (%(after_at)s::timestamptz IS NULL
       OR (s.created_at, s.stream_id, s.grant_id)
          < (%(after_at)s::timestamptz, %(after_stream)s::uuid, %(after_id)s::text))
ORDER BY s.created_at DESC, s.stream_id DESC, s.grant_id DESC
LIMIT %(limit)s
