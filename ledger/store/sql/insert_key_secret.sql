-- A key's secret, once.
INSERT INTO key_secrets (ledger_id, key_id, secret_hash) VALUES (%(ledger_id)s, %(key_id)s, %(secret_hash)s)
ON CONFLICT (ledger_id, key_id) DO NOTHING
