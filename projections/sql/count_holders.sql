-- How many customers are found by a mark, such as a plan or a version of it; counting stops at `most`, so that a plan of
-- a million customers costs no more than a page of them.
SELECT count(*)
FROM (
  SELECT FROM accounts AS a
  WHERE a.ledger_id = %(ledger_id)s AND a.generation = %(accounts_generation)s AND a.deleted_at IS NULL
    AND a.marks && %(marks)s::text[]
  LIMIT %(most)s::bigint
) AS found
