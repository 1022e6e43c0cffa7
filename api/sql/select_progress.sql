-- Where every ledger stands: its head, how far it is projected, and how many of its read models stopped (at 0: one
-- that is new and being built).
SELECT l.ledger_id, l.position, coalesce(p.position, 0),
       (SELECT count(*) FROM projections m WHERE m.ledger_id = l.ledger_id AND m.failed_position > 0)
FROM ledgers l
LEFT JOIN projected p ON p.ledger_id = l.ledger_id
ORDER BY l.ledger_id
