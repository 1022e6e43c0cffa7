-- A small step in deleting a generation of subscriptions that nobody reads any more.
DELETE FROM subscriptions
WHERE ledger_id = %(ledger_id)s AND generation = %(generation)s AND (stream_id, subscription_id) IN (
    SELECT stream_id, subscription_id FROM subscriptions
    WHERE ledger_id = %(ledger_id)s AND generation = %(generation)s
    ORDER BY stream_id, subscription_id LIMIT %(limit)s
)
