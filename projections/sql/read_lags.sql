-- Head and projected position of every ledger, for metrics.
SELECT l.ledger_id, l.position, coalesce(p.position, 0) FROM ledgers AS l
LEFT JOIN projected AS p ON p.ledger_id = l.ledger_id
ORDER BY l.ledger_id
