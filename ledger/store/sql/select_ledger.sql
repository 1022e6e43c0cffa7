-- One ledger and where its log ends: whoever names it need not read all the others.
SELECT ledger_id, env, name, position, hash, recorded_at, created_at FROM ledgers WHERE ledger_id = %(ledger_id)s
