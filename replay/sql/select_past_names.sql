-- Streams of customers that had an id when they were deleted: their claim on it is gone.
SELECT c.stream_id FROM customers AS c
JOIN projections AS p ON p.ledger_id = c.ledger_id AND p.model = 'customers' AND p.generation = c.generation
WHERE c.ledger_id = %(ledger_id)s AND c.customer_id = %(customer_id)s
ORDER BY c.created_at DESC LIMIT 1
