-- Rows of entities as a batch left them, new or in place of those with their key.
INSERT INTO entities (
    ledger_id, generation, stream_id, entity_id, feature_id, name, forgotten, search, created_at, controls
)
SELECT
    %(ledger_id)s, %(generation)s, r.stream_id, r.entity_id, r.feature_id, r.name, r.forgotten::boolean,
    r.search, r.created_at, r.controls::jsonb
FROM unnest(
    %(stream_id)s::uuid[], %(entity_id)s::text[], %(feature_id)s::text[], %(name)s::text[],
    %(forgotten)s::text[], %(search)s::text[], %(created_at)s::timestamptz[],
    %(controls)s::text[]
) AS r (
    stream_id, entity_id, feature_id, name, forgotten, search, created_at, controls
)
ON CONFLICT (ledger_id, generation, stream_id, entity_id) DO UPDATE SET
    feature_id = excluded.feature_id, name = excluded.name, forgotten = excluded.forgotten, search =
    excluded.search, created_at = excluded.created_at, controls = excluded.controls
