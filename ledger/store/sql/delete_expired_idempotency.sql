-- Keys are kept 30 days. In small steps, so that no request waits for it.
DELETE FROM idempotency AS i
USING (
    SELECT holder, key FROM idempotency
    WHERE ledger_id = %(ledger_id)s AND recorded_at <= clock_timestamp() - interval '30 days'
    ORDER BY recorded_at LIMIT %(limit)s
) AS old
WHERE i.ledger_id = %(ledger_id)s AND i.holder = old.holder AND i.key = old.key
  AND i.recorded_at <= clock_timestamp() - interval '30 days'
