-- Every subscription that a customer had had after a position, as it was then.
SELECT DISTINCT ON (s.subscription_id) s.status, s.created_at, s.ended_at, s.ended_by, s.state::text
FROM subscriptions_past AS s
WHERE s.ledger_id = %(ledger_id)s AND s.generation = %(subscriptions_generation)s
  AND s.stream_id = %(stream_id)s AND s.position <= %(position)s
ORDER BY s.subscription_id, s.position DESC
