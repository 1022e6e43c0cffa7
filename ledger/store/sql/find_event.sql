-- Whether the log holds exactly this event, and so everything up to it.
SELECT 1 FROM events WHERE ledger_id = %(ledger_id)s AND position = %(position)s AND hash = %(hash)s
