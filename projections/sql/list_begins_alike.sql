-- Customers whose name begins with this one (in lower case), in the order of their names.
SELECT a.stream_id, a.customer_id, a.name, a.email, false
FROM accounts AS a
WHERE a.ledger_id = %(ledger_id)s AND a.generation = %(accounts_generation)s AND a.deleted_at IS NULL
  AND a.name_key >= %(likely)s::text AND a.name_key < %(likely)s::text || chr(1114111)
ORDER BY a.name_key, a.stream_id
LIMIT %(limit)s::bigint
