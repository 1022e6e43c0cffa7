-- How far a ledger is folded.
SELECT position FROM projected WHERE ledger_id = %(ledger_id)s
