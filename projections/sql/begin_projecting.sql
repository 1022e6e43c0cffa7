-- A ledger that nobody has folded yet starts at nothing.
INSERT INTO projected (ledger_id, position) VALUES (%(ledger_id)s, 0) ON CONFLICT (ledger_id) DO NOTHING
