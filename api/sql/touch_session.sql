-- A session is in use: noted once a minute at most.
UPDATE sessions SET seen_at = clock_timestamp()
WHERE ledger_id = %(ledger_id)s AND secret_hash = %(secret_hash)s
  AND seen_at < clock_timestamp() - interval '1 minute'
