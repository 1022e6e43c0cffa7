-- The customer that had an id at a moment: of those that ever had it, the last whose row of then still says so.
SELECT c.stream_id
FROM customers_past AS c
JOIN projections AS p ON p.ledger_id = c.ledger_id AND p.model = 'customers' AND p.generation = c.generation
WHERE c.ledger_id = %(ledger_id)s AND c.customer_id = %(customer_id)s AND NOT c.deleted
  AND c.position <= %(upto_position)s
  AND (%(upto_at)s::timestamptz IS NULL OR c.at <= %(upto_at)s::timestamptz)
  AND NOT EXISTS (
    SELECT FROM customers_past AS n
    WHERE n.ledger_id = c.ledger_id AND n.generation = c.generation AND n.stream_id = c.stream_id
      AND n.position > c.position AND n.position <= %(upto_position)s
      AND (%(upto_at)s::timestamptz IS NULL OR n.at <= %(upto_at)s::timestamptz)
      AND (n.deleted OR n.customer_id IS DISTINCT FROM c.customer_id))
ORDER BY c.position DESC LIMIT 1
