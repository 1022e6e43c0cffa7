-- The balances of a customer that had ended after a position, as they stood when they did.
SELECT b.ended_at, b.state::text
FROM balances_ended AS e
JOIN balances AS b
  ON b.ledger_id = %(ledger_id)s AND b.generation = %(balances_generation)s AND b.stream_id = e.stream_id
  AND b.grant_id = e.grant_id
WHERE e.ledger_id = %(ledger_id)s AND e.generation = %(balances_generation)s
  AND e.stream_id = %(stream_id)s AND e.position <= %(position)s
