-- A ledger's events between two positions in order, of all types or of some.
SELECT position, stream_id, version, type, state FROM events
WHERE ledger_id = %(ledger_id)s AND position >= %(start)s AND position <= %(stop)s
  AND (cardinality(%(types)s::text[]) = 0 OR type = ANY (%(types)s::text[]))
ORDER BY position LIMIT %(limit)s
