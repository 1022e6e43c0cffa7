-- The grants that a batch opened.
INSERT INTO usage_grants (ledger_id, generation, stream_id, grant_id, feature_id, plan_id, entity_id, balance_id, reset)
SELECT
    %(ledger_id)s, %(generation)s, r.stream_id, r.grant_id, r.feature_id, r.plan_id, r.entity_id, r.balance_id,
    r.reset::jsonb
FROM unnest(
    %(stream_id)s::uuid[], %(grant_id)s::text[], %(feature_id)s::text[], %(plan_id)s::text[], %(entity_id)s::text[],
    %(balance_id)s::text[], %(reset)s::text[]
) AS r (stream_id, grant_id, feature_id, plan_id, entity_id, balance_id, reset)
