-- Claims that were taken. Each was found free under the head's lock, so a conflict is a mistake and fails.
INSERT INTO claims (ledger_id, kind, value, stream_id)
SELECT %(ledger_id)s, t.kind, t.value, t.stream_id
FROM unnest(%(kinds)s::text[], %(values)s::text[], %(stream_ids)s::uuid[]) AS t (kind, value, stream_id)
