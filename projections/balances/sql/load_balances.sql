-- What balances are folded on from: those that have not ended.
SELECT stream_id, state::text
FROM balances
WHERE ledger_id = %(ledger_id)s AND generation = %(generation)s AND stream_id = ANY (%(stream_ids)s::uuid[])
  AND status = 'active'
ORDER BY stream_id, created_at, grant_id
