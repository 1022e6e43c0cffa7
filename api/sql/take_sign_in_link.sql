-- A link is used: it is gone, and whom it signs in is known only to whoever took it first.
DELETE FROM sign_in_links WHERE secret_hash = %(secret_hash)s AND expires_at > clock_timestamp()
RETURNING ledger_id, user_id
