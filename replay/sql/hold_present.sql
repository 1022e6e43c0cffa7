-- Where a ledger's log ends, and what time it is, once whoever is appending has committed: what comes later is
-- recorded later than this.
WITH head AS MATERIALIZED (SELECT position FROM ledgers WHERE ledger_id = %(ledger_id)s FOR SHARE)
SELECT position, clock_timestamp() FROM head
