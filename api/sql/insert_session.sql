-- Somebody signed in. Sessions that have been over for long go with it; until then they say when somebody was here last,
-- and to whom a form belongs that is sent too late.
WITH gone AS (
    DELETE FROM sessions
    WHERE ledger_id = %(ledger_id)s AND expires_at <= clock_timestamp() - make_interval(secs => %(kept_seconds)s)
)
INSERT INTO sessions (ledger_id, secret_hash, user_id, expires_at)
VALUES (%(ledger_id)s, %(secret_hash)s, %(user_id)s, clock_timestamp() + make_interval(secs => %(seconds)s))
