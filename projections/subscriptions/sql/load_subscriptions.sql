-- What subscriptions are folded on from: those that have not ended.
SELECT stream_id, created_at, state::text
FROM subscriptions
WHERE ledger_id = %(ledger_id)s AND generation = %(generation)s AND stream_id = ANY (%(stream_ids)s::uuid[])
  AND status <> 'expired'
ORDER BY stream_id, created_at, subscription_id
