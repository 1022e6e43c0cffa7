-- The head after an append, in the transaction that holds its lock.
UPDATE ledgers
SET position = %(position)s, hash = %(hash)s, recorded_at = %(recorded_at)s, invoices = %(invoices)s
WHERE ledger_id = %(ledger_id)s
