-- One stream's events up to a position, oldest first, with who did them.
SELECT position, version, type, state, at, actor, on_behalf_of FROM events
WHERE ledger_id = %(ledger_id)s AND stream_id = %(stream_id)s AND position <= %(upto)s
ORDER BY version
