-- A user's password, new or in place of the one before; whoever was locked out may try again.
INSERT INTO passwords (ledger_id, user_id, hash) VALUES (%(ledger_id)s, %(user_id)s, %(hash)s)
ON CONFLICT (ledger_id, user_id) DO UPDATE
SET hash = excluded.hash, failures = 0, locked_until = NULL, changed_at = clock_timestamp()
