-- Ledgers with events that are not folded yet.
SELECT l.ledger_id FROM ledgers AS l
LEFT JOIN projected AS p ON p.ledger_id = l.ledger_id
WHERE l.position > coalesce(p.position, 0)
ORDER BY l.ledger_id
