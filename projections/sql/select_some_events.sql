-- Of a stretch of the log, in order, what some models fold, and where streams begin.
SELECT position, stream_id, version, type, state, actor, on_behalf_of, request_id, at, recorded_at FROM events
WHERE ledger_id = %(ledger_id)s AND position > %(after)s AND position <= %(upto)s
  AND (version = 1 OR type = ANY (%(types)s::text[]))
ORDER BY position
