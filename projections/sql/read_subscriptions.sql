-- The plans that some customers are on or will be on, oldest first.
SELECT stream_id, state::text
FROM subscriptions
WHERE ledger_id = %(ledger_id)s AND generation = %(subscriptions_generation)s
  AND stream_id = ANY (%(stream_ids)s::uuid[]) AND status <> 'expired'
ORDER BY stream_id, created_at, subscription_id
