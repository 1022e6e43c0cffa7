-- Rows of timeline_streams as a batch left them, new or in place of those with their key.
INSERT INTO timeline_streams (
    ledger_id, generation, stream_id, state
)
SELECT
    %(ledger_id)s, %(generation)s, r.stream_id, r.state::jsonb
FROM unnest(
    %(stream_id)s::uuid[], %(state)s::text[]
) AS r (
    stream_id, state
)
ON CONFLICT (ledger_id, generation, stream_id) DO UPDATE SET
    state = excluded.state
