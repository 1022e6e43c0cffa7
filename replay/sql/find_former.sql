-- The customer that had an id last, when nobody has it now: it was deleted, and its claim is gone.
SELECT c.stream_id FROM customers AS c
JOIN projections AS p ON p.ledger_id = c.ledger_id AND p.model = 'customers' AND p.generation = c.generation
WHERE c.ledger_id = %(ledger_id)s AND c.customer_id = %(customer_id)s
ORDER BY c.deleted_at DESC NULLS FIRST LIMIT 1
