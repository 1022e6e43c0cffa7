-- The same lock, for a swap that must have its turn.
SELECT position FROM projected WHERE ledger_id = %(ledger_id)s FOR UPDATE
