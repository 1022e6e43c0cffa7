-- Customers with a name like this one (in lower case): what a search looks in has most of its three-letter pieces, which
-- an index finds; and the names are like each other as wholes, so that a short name is not like every long one.
SELECT a.stream_id, a.customer_id, a.name, a.email, false
FROM accounts AS a
WHERE a.ledger_id = %(ledger_id)s AND a.generation = %(accounts_generation)s AND a.deleted_at IS NULL
  AND %(likely)s::text <%% a.search AND %(likely)s::text <%% a.name_key
ORDER BY similarity(%(likely)s::text, a.name_key) DESC, a.stream_id
LIMIT %(limit)s::bigint
