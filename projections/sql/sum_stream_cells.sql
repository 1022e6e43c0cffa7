-- The uses of one customer with a long history summed by bin from its cells of half an hour, without those that an edge
-- of a bin cuts. What balances paid is not even added up where nobody asks.
SELECT width_bucket(s.cell, %(edges)s::timestamptz[]) - 1 AS bin, s.feature_id,
       CASE WHEN %(by_entity)s THEN nullif(s.entity_id, '') END AS entity_id,
       sum(s.value), sum(s.uses)::bigint,
       CASE WHEN %(measure)s = 'deducted' THEN sum(s.deducted) ELSE 0 END,
       CASE WHEN %(measure)s = 'deducted' THEN sum(s.on_credits)::bigint ELSE 0 END
FROM usage_stream_sums AS s
WHERE s.ledger_id = %(ledger_id)s AND s.generation = %(usage_generation)s AND s.stream_id = %(stream_id)s
  AND s.cell >= %(first_cell)s AND s.cell < %(end)s AND s.cell <> ALL (%(cut)s::timestamptz[])
  AND (%(feature_ids)s::text[] IS NULL OR s.feature_id = ANY (%(feature_ids)s::text[]))
  AND (%(entity_id)s::text IS NULL OR s.entity_id = %(entity_id)s::text)
GROUP BY 1, 2, 3
