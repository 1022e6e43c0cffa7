-- When each stream must next be looked at.
INSERT INTO due (ledger_id, stream_id, due_at)
SELECT %(ledger_id)s, d.stream_id, d.due_at
FROM unnest(%(stream_ids)s::uuid[], %(due_ats)s::timestamptz[]) AS d (stream_id, due_at)
ON CONFLICT (ledger_id, stream_id) DO UPDATE SET due_at = excluded.due_at
