-- States on the way that nobody may open any more.
DELETE FROM milestones WHERE ledger_id = %(ledger_id)s AND stream_id = %(stream_id)s
