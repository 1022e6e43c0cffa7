-- Where a ledger's log ends, what time it is there, and how many invoices it has finalized.
SELECT position, hash, recorded_at, clock_timestamp(), invoices FROM ledgers WHERE ledger_id = %(ledger_id)s
