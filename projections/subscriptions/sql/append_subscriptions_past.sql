-- Subscriptions as each event of a batch left them.
INSERT INTO subscriptions_past (
    ledger_id, generation, stream_id, subscription_id, position, at, first, status, past_due, plan_id, one_off,
    entity_id, created_at, ended_at, ended_by, state
)
SELECT
    %(ledger_id)s, %(generation)s, r.stream_id, r.subscription_id, r.position, r.at, r.first::boolean, r.status,
    r.past_due::boolean, r.plan_id, r.one_off::boolean, r.entity_id, r.created_at, r.ended_at, r.ended_by,
    r.state::jsonb
FROM unnest(
    %(stream_id)s::uuid[], %(subscription_id)s::text[], %(position)s::bigint[], %(at)s::timestamptz[],
    %(first)s::text[], %(status)s::text[], %(past_due)s::text[], %(plan_id)s::text[], %(one_off)s::text[],
    %(entity_id)s::text[], %(created_at)s::timestamptz[], %(ended_at)s::timestamptz[], %(ended_by)s::text[],
    %(state)s::text[]
) AS r (
    stream_id, subscription_id, position, at, first, status, past_due, plan_id, one_off, entity_id, created_at,
    ended_at, ended_by, state
)
