-- Somebody signed in. Sessions that are over go with it.
WITH gone AS (DELETE FROM sessions WHERE ledger_id = %(ledger_id)s AND expires_at <= clock_timestamp())
INSERT INTO sessions (ledger_id, secret_hash, user_id, expires_at)
VALUES (%(ledger_id)s, %(secret_hash)s, %(user_id)s, clock_timestamp() + make_interval(secs => %(seconds)s))
