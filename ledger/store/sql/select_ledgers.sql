-- The ledgers of this database and where each log ends.
SELECT ledger_id, env, name, position, hash, recorded_at, created_at FROM ledgers ORDER BY ledger_id
