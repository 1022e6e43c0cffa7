-- A stream's events between two versions, newest first.
SELECT stream_id, version, type, state FROM events
WHERE ledger_id = %(ledger_id)s AND stream_id = %(stream_id)s AND version > %(gt)s AND version <= %(lte)s
ORDER BY version DESC LIMIT %(limit)s
