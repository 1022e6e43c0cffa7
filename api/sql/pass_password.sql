-- Somebody was right: what was wrong before is forgotten.
UPDATE passwords SET failures = 0, locked_until = NULL
WHERE ledger_id = %(ledger_id)s AND user_id = %(user_id)s AND failures > 0
