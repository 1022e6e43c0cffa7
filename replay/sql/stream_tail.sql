-- One stream's events after a version and up to another one, oldest first.
SELECT version, type, state, at FROM events
WHERE ledger_id = %(ledger_id)s AND stream_id = %(stream_id)s AND version > %(after)s AND version <= %(upto)s
ORDER BY version
