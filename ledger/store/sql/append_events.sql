-- The one append. Positions continue the locked head; arrays keep it one statement whatever the batch.
INSERT INTO events (ledger_id, position, stream_id, version, type, state, actor, on_behalf_of, request_id,
                    at, recorded_at, hash)
SELECT %(ledger_id)s, %(after)s + e.ordinality, e.stream_id, e.version, e.type, e.state, e.actor, e.on_behalf_of,
       e.request_id, e.at, %(recorded_at)s, e.hash
FROM unnest(%(stream_ids)s::uuid[], %(versions)s::integer[], %(types)s::text[], %(states)s::bytea[],
            %(actors)s::text[], %(on_behalf_of)s::text[], %(request_ids)s::text[], %(ats)s::timestamptz[],
            %(hashes)s::bytea[])
     WITH ORDINALITY
     AS e (stream_id, version, type, state, actor, on_behalf_of, request_id, at, hash, ordinality)
