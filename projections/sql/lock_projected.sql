-- The lock that lets one runner at a time fold a ledger. Whoever finds it taken leaves the ledger to its holder.
SELECT position FROM projected WHERE ledger_id = %(ledger_id)s FOR UPDATE SKIP LOCKED
