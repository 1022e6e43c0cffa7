-- A page of subscriptions or purchases, newest first, of customers that exist.
SELECT s.created_at, s.stream_id, s.subscription_id, c.customer_id, s.status, s.ended_at, s.ended_by, c.clock,
       s.state::text
FROM subscriptions AS s
JOIN customers AS c
  ON c.ledger_id = %(ledger_id)s AND c.generation = %(customers_generation)s AND c.stream_id = s.stream_id
  AND c.deleted_at IS NULL
WHERE s.ledger_id = %(ledger_id)s AND s.generation = %(subscriptions_generation)s
  AND (s.status = ANY (%(statuses)s::text[])
       OR ('past_due' = ANY (%(statuses)s::text[]) AND s.status = 'active' AND (s.state ->> 'past_due') IS NOT NULL))
  AND (%(one_off)s::boolean IS NULL OR s.one_off = %(one_off)s::boolean)
  AND (%(stream_id)s::uuid IS NULL OR s.stream_id = %(stream_id)s::uuid)
  AND (%(entity_id)s::text IS NULL OR s.entity_id = %(entity_id)s::text)
  AND (%(plan_id)s::text IS NULL OR s.plan_id = %(plan_id)s::text)
  AND (%(after_at)s::timestamptz IS NULL
       OR (s.created_at, s.stream_id, s.subscription_id)
          < (%(after_at)s::timestamptz, %(after_stream)s::uuid, %(after_id)s::text))
ORDER BY s.created_at DESC, s.stream_id DESC, s.subscription_id DESC
LIMIT %(limit)s
