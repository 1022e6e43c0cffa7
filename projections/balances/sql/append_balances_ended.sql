-- Balances that ended in a batch.
INSERT INTO balances_ended (ledger_id, generation, stream_id, grant_id, position)
SELECT %(ledger_id)s, %(generation)s, r.stream_id, r.grant_id, r.position
FROM unnest(%(stream_id)s::uuid[], %(grant_id)s::text[], %(position)s::bigint[]) AS r (stream_id, grant_id, position)
