-- A user was disabled or has a new password: nobody stays signed in as them, and no link signs them in.
WITH links AS (DELETE FROM sign_in_links WHERE ledger_id = %(ledger_id)s AND user_id = %(user_id)s)
UPDATE sessions SET expires_at = least(expires_at, clock_timestamp())
WHERE ledger_id = %(ledger_id)s AND user_id = %(user_id)s
