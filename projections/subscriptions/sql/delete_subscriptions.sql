-- Rows of subscriptions that are no more.
DELETE FROM subscriptions AS t
USING unnest(%(stream_id)s::uuid[], %(subscription_id)s::text[]) AS gone (stream_id, subscription_id)
WHERE t.ledger_id = %(ledger_id)s AND t.generation = %(generation)s
  AND t.stream_id = gone.stream_id AND t.subscription_id = gone.subscription_id
