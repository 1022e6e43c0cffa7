-- A small step in deleting a generation of subscriptions_past that nobody reads any more.
DELETE FROM subscriptions_past
WHERE ledger_id = %(ledger_id)s AND generation = %(generation)s AND (stream_id, subscription_id, position) IN (
    SELECT stream_id, subscription_id, position FROM subscriptions_past
    WHERE ledger_id = %(ledger_id)s AND generation = %(generation)s
    ORDER BY stream_id, subscription_id, position LIMIT %(limit)s
)
