-- A link that signs in once. Those that are over go with it.
WITH gone AS (DELETE FROM sign_in_links WHERE ledger_id = %(ledger_id)s AND expires_at <= clock_timestamp())
INSERT INTO sign_in_links (ledger_id, secret_hash, user_id, expires_at)
VALUES (%(ledger_id)s, %(secret_hash)s, %(user_id)s, clock_timestamp() + make_interval(secs => %(seconds)s))
