-- Sums of features of which a customer has no balance any more.
DELETE FROM balance_sums AS t
USING unnest(%(stream_id)s::uuid[], %(feature_id)s::text[]) AS gone (stream_id, feature_id)
WHERE t.ledger_id = %(ledger_id)s AND t.generation = %(generation)s
  AND t.stream_id = gone.stream_id AND t.feature_id = gone.feature_id
