-- Some balances by stream and id, ended ones too.
SELECT b.stream_id, b.grant_id, b.state::text
FROM unnest(%(stream_ids)s::uuid[], %(grant_ids)s::text[]) AS wanted (stream_id, grant_id)
JOIN balances AS b
  ON b.ledger_id = %(ledger_id)s AND b.generation = %(balances_generation)s
  AND b.stream_id = wanted.stream_id AND b.grant_id = wanted.grant_id
