-- How many customers the planner expects a filter to leave: what decides whether they are gathered before they are sorted.
EXPLAIN (FORMAT JSON)
SELECT FROM accounts AS a
WHERE a.ledger_id = %(ledger_id)s AND a.generation = %(accounts_generation)s AND a.deleted_at IS NULL
  {conditions}
