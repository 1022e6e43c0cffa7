-- When an event was recorded.
SELECT recorded_at FROM events WHERE ledger_id = %(ledger_id)s AND position = %(position)s
