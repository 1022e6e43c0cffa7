-- What idempotency keys were used for in the last 30 days.
SELECT i.holder, i.key, i.verb, i.request_hash, i.began_after, i.position, i.business_now, i.stream_ids, i.event_counts
FROM unnest(%(holders)s::text[], %(keys)s::text[]) AS asked (holder, key)
JOIN idempotency AS i ON i.ledger_id = %(ledger_id)s AND i.holder = asked.holder AND i.key = asked.key
WHERE i.recorded_at > clock_timestamp() - interval '30 days'
