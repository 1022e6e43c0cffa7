-- Streams that somebody must look at now.
SELECT stream_id, due_at FROM due
WHERE ledger_id = %(ledger_id)s AND due_at <= clock_timestamp()
ORDER BY due_at LIMIT %(limit)s
