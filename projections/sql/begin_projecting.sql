-- A ledger that nobody has folded yet starts at nothing. One with a long history, as an import leaves it, starts at its
-- end: its models are then built beside it, as those of an upgrade are, which is several times quicker.
INSERT INTO projected (ledger_id, position)
SELECT ledger_id, CASE WHEN position > %(long_history)s THEN position ELSE 0 END
FROM ledgers WHERE ledger_id = %(ledger_id)s
ON CONFLICT (ledger_id) DO NOTHING
