-- Whose session this is or was, as long as that is known. A cookie does not name its ledger, so this looks across them.
SELECT ledger_id, user_id FROM sessions WHERE secret_hash = %(secret_hash)s
