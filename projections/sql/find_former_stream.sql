-- The customer that had an id last, when nobody has it now: what happened to one that was deleted is still read.
SELECT stream_id FROM customers
WHERE ledger_id = %(ledger_id)s AND generation = %(customers_generation)s AND deleted_at IS NOT NULL
  AND customer_id = %(customer_id)s
ORDER BY deleted_at DESC LIMIT 1
