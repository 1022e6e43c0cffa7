-- What idempotency keys were used for in the 30 days before a batch. LIMIT makes it one look into the primary key for
-- each key asked: planned as a plain join while the table was still empty, it goes on reading every row of the ledger.
SELECT i.holder, i.key, i.verb, i.request_hash, i.began_after, i.position, i.business_now, i.stream_ids, i.event_counts
FROM unnest(%(holders)s::text[], %(keys)s::text[]) AS asked (holder, key)
CROSS JOIN LATERAL (
    SELECT * FROM idempotency AS known
    WHERE known.ledger_id = %(ledger_id)s AND known.holder = asked.holder AND known.key = asked.key
    LIMIT 1
) AS i
WHERE i.recorded_at > %(now)s::timestamptz - interval '30 days'
