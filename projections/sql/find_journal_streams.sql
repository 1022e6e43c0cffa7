-- Whose lines of the books are asked for, line by line, as long as these are few.
SELECT l.stream_id
FROM journal_lines AS l
WHERE l.ledger_id = %(ledger_id)s AND l.generation = %(journal_generation)s
  AND (%(plan_id)s::text IS NULL OR l.plan_id = %(plan_id)s::text)
  AND (%(feature_id)s::text IS NULL OR l.feature_id = %(feature_id)s::text)
  AND (%(line_kind)s::text IS NULL OR l.kind = %(line_kind)s::text)
LIMIT %(limit)s
