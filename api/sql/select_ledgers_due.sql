-- The ledgers in which somebody's time has come: one look into the index for each, in one question.
SELECT l.ledger_id FROM ledgers AS l
WHERE EXISTS (SELECT 1 FROM due AS d WHERE d.ledger_id = l.ledger_id AND d.due_at <= statement_timestamp())
ORDER BY l.ledger_id
