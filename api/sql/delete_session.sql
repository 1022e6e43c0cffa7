-- Somebody signed out.
DELETE FROM sessions WHERE ledger_id = %(ledger_id)s AND secret_hash = %(secret_hash)s
