-- Where a ledger's log ends, and what time it is there.
SELECT position, hash, recorded_at, clock_timestamp() FROM ledgers WHERE ledger_id = %(ledger_id)s
