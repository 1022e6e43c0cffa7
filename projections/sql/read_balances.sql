-- The living balances of some customers, oldest first.
SELECT stream_id, state::text
FROM balances
WHERE ledger_id = %(ledger_id)s AND generation = %(balances_generation)s
  AND stream_id = ANY (%(stream_ids)s::uuid[]) AND status = 'active'
ORDER BY stream_id, created_at, grant_id
