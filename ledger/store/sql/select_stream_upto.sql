-- A stream as of a position.
SELECT position, stream_id, version, type, state, actor, at FROM events
WHERE ledger_id = %(ledger_id)s AND stream_id = %(stream_id)s AND position <= %(upto)s
ORDER BY version
