-- Where a ledger's log ends, and what time it is.
SELECT position, clock_timestamp() FROM ledgers WHERE ledger_id = %(ledger_id)s
