-- Customers with an e-mail address, given in lower case.
SELECT a.stream_id, a.customer_id, a.name, a.email, true
FROM accounts AS a
WHERE a.ledger_id = %(ledger_id)s AND a.generation = %(accounts_generation)s AND a.deleted_at IS NULL
  AND a.email_key = %(email)s::text
ORDER BY a.stream_id
LIMIT %(limit)s::bigint
