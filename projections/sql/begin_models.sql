-- A ledger's first generations. A model that is new to a ledger with a history stands still until it is rebuilt.
INSERT INTO projections (ledger_id, model, generation, failed_position, failure, failed_at)
SELECT %(ledger_id)s, m.model, 1, started.failed_position, started.failure, started.failed_at
FROM unnest(%(models)s::text[]) AS m (model)
CROSS JOIN (
    SELECT CASE WHEN %(position)s::bigint > 0 THEN 1::bigint END AS failed_position,
           CASE WHEN %(position)s::bigint > 0 THEN 'not built yet' END AS failure,
           CASE WHEN %(position)s::bigint > 0 THEN clock_timestamp() END AS failed_at
) AS started
ON CONFLICT (ledger_id, model) DO NOTHING
