-- When somebody must look next.
SELECT due_at FROM due WHERE ledger_id = %(ledger_id)s ORDER BY due_at LIMIT 1
