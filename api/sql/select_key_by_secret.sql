-- Whose secret this is. A secret does not always name its ledger, so this looks across ledgers.
SELECT ledger_id, key_id FROM key_secrets WHERE secret_hash = %(secret_hash)s ORDER BY created_at DESC, ledger_id, key_id
