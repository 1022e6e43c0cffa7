-- Keys of streams that got their first personal data.
INSERT INTO data_keys (ledger_id, stream_id, wrapped_key)
SELECT %(ledger_id)s, k.stream_id, k.wrapped_key
FROM unnest(%(stream_ids)s::uuid[], %(wrapped_keys)s::bytea[]) AS k (stream_id, wrapped_key)
