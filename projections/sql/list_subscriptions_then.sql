-- A page of subscriptions and purchases as they were at a moment, newest first, of customers that existed then. A first
-- page begins after the end of time, so that it too walks the index of age.
SELECT f.created_at, f.stream_id, f.subscription_id, c.customer_id, s.status, s.ended_at, s.ended_by, c.clock,
       s.state::text,
       EXISTS (SELECT FROM customers_past AS m
               WHERE m.ledger_id = %(ledger_id)s AND m.generation = %(customers_generation)s
                 AND m.stream_id = f.stream_id AND m.position > c.position AND m.position <= %(upto_position)s)
FROM subscriptions_past AS f
CROSS JOIN LATERAL (
    SELECT n.status, n.past_due, n.plan_id, n.one_off, n.entity_id, n.ended_at, n.ended_by, n.state
    FROM subscriptions_past AS n
    WHERE n.ledger_id = %(ledger_id)s AND n.generation = %(subscriptions_generation)s AND n.stream_id = f.stream_id
      AND n.subscription_id = f.subscription_id AND n.position <= %(upto_position)s
      AND (%(upto_at)s::timestamptz IS NULL OR n.at <= %(upto_at)s::timestamptz)
    ORDER BY n.position DESC LIMIT 1) AS s
CROSS JOIN LATERAL (
    SELECT n.position, n.customer_id, n.deleted, n.clock FROM customers_past AS n
    WHERE n.ledger_id = %(ledger_id)s AND n.generation = %(customers_generation)s AND n.stream_id = f.stream_id
      AND n.position <= %(upto_position)s
      AND (%(upto_at)s::timestamptz IS NULL OR n.at <= %(upto_at)s::timestamptz)
    ORDER BY n.position DESC LIMIT 1) AS c
WHERE f.ledger_id = %(ledger_id)s AND f.generation = %(subscriptions_generation)s AND f.first
  AND f.position <= %(upto_position)s
  AND (%(upto_at)s::timestamptz IS NULL OR f.at <= %(upto_at)s::timestamptz)
  AND NOT c.deleted
  AND (s.status = ANY (%(statuses)s::text[])
       OR ('past_due' = ANY (%(statuses)s::text[]) AND s.status = 'active' AND s.past_due))
  AND (%(one_off)s::boolean IS NULL OR s.one_off = %(one_off)s::boolean)
  AND (%(stream_id)s::uuid IS NULL OR f.stream_id = %(stream_id)s::uuid)
  AND (%(entity_id)s::text IS NULL OR s.entity_id = %(entity_id)s::text)
  AND (%(plan_id)s::text IS NULL OR s.plan_id = %(plan_id)s::text)
  AND (f.created_at, f.stream_id, f.subscription_id)
      < (coalesce(%(after_at)s::timestamptz, 'infinity'), coalesce(%(after_stream)s::uuid, '00000000-0000-0000-0000-000000000000'),
         coalesce(%(after_id)s::text, ''))
ORDER BY f.created_at DESC, f.stream_id DESC, f.subscription_id DESC
LIMIT %(limit)s
