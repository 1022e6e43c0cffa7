-- Keys that were used now. A row older than 30 days no longer counts and is written over.
INSERT INTO idempotency AS i (ledger_id, holder, key, verb, request_hash, status, began_after, position, business_now,
                              recorded_at, stream_ids, event_counts)
SELECT %(ledger_id)s, u.holder, u.key, u.verb, u.request_hash, 200, u.began_after, u.position, u.business_now,
       %(recorded_at)s, u.stream_ids::uuid[], u.event_counts::integer[]
FROM unnest(%(holders)s::text[], %(keys)s::text[], %(verbs)s::text[], %(request_hashes)s::bytea[],
            %(began_afters)s::bigint[], %(positions)s::bigint[], %(business_nows)s::timestamptz[],
            %(stream_ids)s::text[], %(event_counts)s::text[])
     AS u (holder, key, verb, request_hash, began_after, position, business_now, stream_ids, event_counts)
ON CONFLICT (ledger_id, holder, key) DO UPDATE
SET verb = excluded.verb, request_hash = excluded.request_hash, status = excluded.status,
    began_after = excluded.began_after, position = excluded.position, business_now = excluded.business_now,
    recorded_at = excluded.recorded_at, stream_ids = excluded.stream_ids, event_counts = excluded.event_counts
WHERE i.recorded_at <= excluded.recorded_at - interval '30 days'
