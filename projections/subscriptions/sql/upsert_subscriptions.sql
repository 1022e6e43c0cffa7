-- Rows of subscriptions as a batch left them, new or in place of those with their key.
INSERT INTO subscriptions (
    ledger_id, generation, stream_id, subscription_id, status, plan_id, plan_version, add_on, one_off,
    entity_id, created_at, started_at, canceled_at, expires_at, ended_at, ended_by, state
)
SELECT
    %(ledger_id)s, %(generation)s, r.stream_id, r.subscription_id, r.status, r.plan_id, r.plan_version,
    r.add_on::boolean, r.one_off::boolean, r.entity_id, r.created_at, r.started_at, r.canceled_at, r.expires_at,
    r.ended_at, r.ended_by, r.state::jsonb
FROM unnest(
    %(stream_id)s::uuid[], %(subscription_id)s::text[], %(status)s::text[], %(plan_id)s::text[],
    %(plan_version)s::integer[], %(add_on)s::text[], %(one_off)s::text[], %(entity_id)s::text[],
    %(created_at)s::timestamptz[], %(started_at)s::timestamptz[], %(canceled_at)s::timestamptz[],
    %(expires_at)s::timestamptz[], %(ended_at)s::timestamptz[], %(ended_by)s::text[], %(state)s::text[]
) AS r (
    stream_id, subscription_id, status, plan_id, plan_version, add_on, one_off, entity_id, created_at,
    started_at, canceled_at, expires_at, ended_at, ended_by, state
)
ON CONFLICT (ledger_id, generation, stream_id, subscription_id) DO UPDATE SET
    status = excluded.status, plan_id = excluded.plan_id, plan_version = excluded.plan_version, add_on =
    excluded.add_on, one_off = excluded.one_off, entity_id = excluded.entity_id, created_at =
    excluded.created_at, started_at = excluded.started_at, canceled_at = excluded.canceled_at, expires_at =
    excluded.expires_at, ended_at = excluded.ended_at, ended_by = excluded.ended_by, state = excluded.state
