-- Claims that many streams may take; the first holder is kept.
INSERT INTO claims (ledger_id, kind, value, stream_id)
SELECT %(ledger_id)s, t.kind, t.value, t.stream_id
FROM unnest(%(kinds)s::text[], %(values)s::text[], %(stream_ids)s::uuid[]) AS t (kind, value, stream_id)
ON CONFLICT (ledger_id, kind, value) DO NOTHING
