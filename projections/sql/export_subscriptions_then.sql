-- All subscriptions and purchases as a file shows them, as they were at a moment, of customers that existed then.
SELECT CASE WHEN s.one_off THEN 'purchase' ELSE 'subscription' END,
       coalesce(s.state ->> 'external_id',
                'sub_' || replace(f.stream_id::text, '-', '') || '_' || replace(f.subscription_id, '.', '_')),
       coalesce(c.customer_id, 'cus_' || replace(f.stream_id::text, '-', '')), s.entity_id, s.plan_id,
       (s.state -> 'plan' ->> 'version')::bigint, coalesce((s.state -> 'plan' ->> 'add_on')::boolean, false), s.status,
       s.past_due, f.created_at, (s.state ->> 'started_at')::timestamptz,
       (s.state ->> 'canceled_at')::timestamptz, (s.state ->> 'trial_ends_at')::timestamptz,
       coalesce(s.ended_at, (s.state ->> 'expires_at')::timestamptz), s.ended_by
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
ORDER BY f.created_at DESC, f.stream_id DESC, f.subscription_id DESC
