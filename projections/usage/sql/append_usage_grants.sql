-- The grants that a batch opened.
COPY usage_grants (
    ledger_id, generation, stream_id, grant_id, feature_id, plan_id, entity_id, balance_id, reset
) FROM STDIN
