-- All subscriptions and purchases as a file shows them, newest first, of customers that exist: one flat row each.
SELECT CASE WHEN s.one_off THEN 'purchase' ELSE 'subscription' END,
       coalesce(s.state ->> 'external_id',
                'sub_' || replace(s.stream_id::text, '-', '') || '_' || replace(s.subscription_id, '.', '_')),
       coalesce(c.customer_id, 'cus_' || replace(s.stream_id::text, '-', '')), s.entity_id, s.plan_id,
       (s.state -> 'plan' ->> 'version')::bigint, coalesce((s.state -> 'plan' ->> 'add_on')::boolean, false), s.status,
       (s.state ->> 'past_due') IS NOT NULL, s.created_at, (s.state ->> 'started_at')::timestamptz,
       (s.state ->> 'canceled_at')::timestamptz, (s.state ->> 'trial_ends_at')::timestamptz,
       coalesce(s.ended_at, (s.state ->> 'expires_at')::timestamptz), s.ended_by
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
ORDER BY s.created_at DESC, s.stream_id DESC, s.subscription_id DESC
