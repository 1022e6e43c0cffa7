-- Subscriptions as each event of a batch left them.
COPY subscriptions_past (
    ledger_id, generation, stream_id, subscription_id, position, at, first, status, past_due, plan_id, one_off,
    entity_id, created_at, ended_at, ended_by, state
) FROM STDIN
