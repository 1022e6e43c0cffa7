-- A new ledger, empty. Of two at once, one finds it made.
INSERT INTO ledgers (ledger_id, env, name) VALUES (%(ledger_id)s, %(env)s, %(name)s)
ON CONFLICT (ledger_id) DO NOTHING
RETURNING ledger_id
