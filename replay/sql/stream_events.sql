-- Every event, stream by stream, each stream oldest first. The stream's id travels as bytes: they are compared often
-- and made an id once.
SELECT uuid_send(stream_id), position, version, type, state, at FROM events
WHERE ledger_id = %(ledger_id)s
ORDER BY stream_id, version
