-- A small step in deleting a generation of subscriptions that nobody reads any more.
-- By place: found by key, a join without statistics would compare every row with every other.
DELETE FROM subscriptions
WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM subscriptions
    WHERE ledger_id = %(ledger_id)s AND generation = %(generation)s
    ORDER BY stream_id, subscription_id LIMIT %(limit)s
))
