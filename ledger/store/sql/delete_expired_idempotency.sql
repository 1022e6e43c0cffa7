-- Idempotency keys are kept 30 days. The oldest go first, a few at a time, so that no commit waits long for this one.
-- A key that is used anew just now is young again once its row is free, and stays.
DELETE FROM idempotency AS i
USING (
    SELECT holder, key FROM idempotency
    WHERE ledger_id = %(ledger_id)s AND recorded_at <= statement_timestamp() - interval '30 days'
    ORDER BY recorded_at LIMIT %(limit)s
) AS old
WHERE i.ledger_id = %(ledger_id)s AND i.holder = old.holder AND i.key = old.key
  AND i.recorded_at <= statement_timestamp() - interval '30 days'
