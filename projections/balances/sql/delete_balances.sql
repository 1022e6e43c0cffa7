-- Rows of balances that are no more.
DELETE FROM balances AS t
USING unnest(%(stream_id)s::uuid[], %(grant_id)s::text[]) AS gone (stream_id, grant_id)
WHERE t.ledger_id = %(ledger_id)s AND t.generation = %(generation)s
  AND t.stream_id = gone.stream_id AND t.grant_id = gone.grant_id
