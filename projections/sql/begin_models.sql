-- A ledger's first generations. A model that is new to a ledger with a history has no rows until it is built.
INSERT INTO projections (ledger_id, model, generation, revision, failed_position, failure, failed_at)
SELECT %(ledger_id)s, m.model, 1, CASE WHEN started.late THEN 0 ELSE m.revision END,
       CASE WHEN started.late THEN 0 END,
       CASE WHEN started.late THEN 'not built yet' END,
       CASE WHEN started.late THEN clock_timestamp() END
FROM unnest(%(models)s::text[], %(revisions)s::integer[]) AS m (model, revision)
CROSS JOIN (SELECT %(position)s::bigint > 0 AS late) AS started
ON CONFLICT (ledger_id, model) DO NOTHING
