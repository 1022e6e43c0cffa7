-- The same from the oldest on.
SELECT t.position FROM timeline AS t
WHERE t.ledger_id = %(ledger_id)s AND t.generation = %(timeline_generation)s
  AND t.position BETWEEN %(first)s AND %(last)s
  AND t.known_as IS NOT NULL
ORDER BY t.position ASC
OFFSET %(entries)s LIMIT 1
