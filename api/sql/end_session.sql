-- Somebody signed out.
UPDATE sessions SET expires_at = least(expires_at, clock_timestamp())
WHERE ledger_id = %(ledger_id)s AND secret_hash = %(secret_hash)s
