-- The customer of an id, or of an internal id, if it exists.
SELECT stream_id FROM customers
WHERE ledger_id = %(ledger_id)s AND generation = %(customers_generation)s AND deleted_at IS NULL
  AND (customer_id = %(customer_id)s OR stream_id = %(stream_id)s::uuid)
ORDER BY customer_id = %(customer_id)s DESC NULLS LAST LIMIT 1
