-- Models that stand still, for metrics and for people.
SELECT ledger_id, model, generation, failed_position, failure, failed_at FROM projections
WHERE failed_position IS NOT NULL
ORDER BY ledger_id, model
