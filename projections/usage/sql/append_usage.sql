-- The uses of a batch.
INSERT INTO usage (
    ledger_id, generation, at, position, stream_id, version, feature_id, entity_id, event_name, value, properties,
    deductions, booked_at
)
SELECT
    %(ledger_id)s, %(generation)s, r.at, r.position, r.stream_id, r.version, r.feature_id, r.entity_id,
    r.event_name, r.value::numeric, r.properties::jsonb, r.deductions::jsonb, r.booked_at
FROM unnest(
    %(at)s::timestamptz[], %(position)s::bigint[], %(stream_id)s::uuid[], %(version)s::integer[],
    %(feature_id)s::text[], %(entity_id)s::text[], %(event_name)s::text[], %(value)s::text[],
    %(properties)s::text[], %(deductions)s::text[], %(booked_at)s::timestamptz[]
) AS r (at, position, stream_id, version, feature_id, entity_id, event_name, value, properties, deductions, booked_at)
