-- How far a ledger is folded now, in the transaction of the rows.
UPDATE projected SET position = %(position)s WHERE ledger_id = %(ledger_id)s
