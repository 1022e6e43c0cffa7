-- A stretch of one stream as it is stored. A stream's versions are in the order of its positions.
SELECT position, stream_id, version, type, state, actor, on_behalf_of, request_id, at, recorded_at, hash FROM events
WHERE ledger_id = %(ledger_id)s AND stream_id = %(stream_id)s AND position > %(after)s
ORDER BY version LIMIT %(limit)s
