-- A kept state that nobody may open any more.
DELETE FROM snapshots WHERE ledger_id = %(ledger_id)s AND stream_id = %(stream_id)s
