-- What some customers are called by whoever made them.
SELECT stream_id, customer_id FROM customers
WHERE ledger_id = %(ledger_id)s AND generation = %(customers_generation)s
  AND stream_id = ANY (%(stream_ids)s::uuid[])
