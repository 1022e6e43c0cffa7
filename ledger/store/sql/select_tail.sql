-- What other processes wrote since a known position.
SELECT position, stream_id, version, type, state, actor, at FROM events
WHERE ledger_id = %(ledger_id)s AND position > %(after)s AND position <= %(upto)s
ORDER BY position
