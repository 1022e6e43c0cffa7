-- Rows of the customer list that are no more.
DELETE FROM accounts AS t
USING unnest(%(stream_id)s::uuid[]) AS gone (stream_id)
WHERE t.ledger_id = %(ledger_id)s AND t.generation = %(generation)s AND t.stream_id = gone.stream_id
