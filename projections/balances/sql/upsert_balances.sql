-- Rows of balances as a batch left them, new or in place of those with their key.
INSERT INTO balances (
    ledger_id, generation, stream_id, grant_id, status, feature_id, entity_id, plan_id, subscription_id,
    rollover_of, unlimited, granted, remaining, created_at, expires_at, ended_at, state
)
SELECT
    %(ledger_id)s, %(generation)s, r.stream_id, r.grant_id, r.status, r.feature_id, r.entity_id, r.plan_id,
    r.subscription_id, r.rollover_of, r.unlimited::boolean, r.granted::numeric, r.remaining::numeric, r.created_at,
    r.expires_at, r.ended_at, r.state::jsonb
FROM unnest(
    %(stream_id)s::uuid[], %(grant_id)s::text[], %(status)s::text[], %(feature_id)s::text[],
    %(entity_id)s::text[], %(plan_id)s::text[], %(subscription_id)s::text[], %(rollover_of)s::text[],
    %(unlimited)s::text[],
    %(granted)s::text[], %(remaining)s::text[], %(created_at)s::timestamptz[], %(expires_at)s::timestamptz[],
    %(ended_at)s::timestamptz[], %(state)s::text[]
) AS r (
    stream_id, grant_id, status, feature_id, entity_id, plan_id, subscription_id, rollover_of, unlimited, granted, remaining,
    created_at, expires_at, ended_at, state
)
ON CONFLICT (ledger_id, generation, stream_id, grant_id) DO UPDATE SET
    status = excluded.status, feature_id = excluded.feature_id, entity_id = excluded.entity_id, plan_id =
    excluded.plan_id, subscription_id = excluded.subscription_id, rollover_of = excluded.rollover_of, unlimited = excluded.unlimited, granted =
    excluded.granted, remaining = excluded.remaining, created_at = excluded.created_at, expires_at =
    excluded.expires_at, ended_at = excluded.ended_at, state = excluded.state
