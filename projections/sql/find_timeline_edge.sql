-- How far a short look from the newest on reaches: so many entries besides plain usage. Nothing where there are fewer.
SELECT t.position FROM timeline AS t
WHERE t.ledger_id = %(ledger_id)s AND t.generation = %(timeline_generation)s
  AND t.position BETWEEN %(first)s AND %(last)s
  AND t.known_as IS NOT NULL
ORDER BY t.position DESC
OFFSET %(entries)s LIMIT 1
