-- Whole events after a position, in order.
SELECT position, stream_id, version, type, state, actor, on_behalf_of, request_id, at, recorded_at, hash
FROM events WHERE ledger_id = %(ledger_id)s AND position > %(after)s
ORDER BY position LIMIT %(limit)s
