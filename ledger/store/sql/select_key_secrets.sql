-- Whose secret this is.
SELECT ledger_id, key_id FROM key_secrets WHERE secret_hash = %(secret_hash)s ORDER BY ledger_id, key_id
