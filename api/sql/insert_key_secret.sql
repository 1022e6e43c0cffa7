-- The secret of a key that was just created.
INSERT INTO key_secrets (ledger_id, key_id, secret_hash) VALUES (%(ledger_id)s, %(key_id)s, %(secret_hash)s)
