-- One stream's events oldest first, with both of their instants.
SELECT position, version, type, state, at, recorded_at FROM events
WHERE ledger_id = %(ledger_id)s AND stream_id = %(stream_id)s
ORDER BY version
