-- The changes of a ledger's time zone, oldest first.
SELECT position, recorded_at, changed ->> 'before', changed ->> 'after'
FROM (SELECT position, recorded_at, version, convert_from(state, 'UTF8')::jsonb AS changed FROM events
      WHERE ledger_id = %(ledger_id)s AND stream_id = %(stream_id)s AND starts_with(type, 'ledger.changed.')) AS e
WHERE changed ->> 'setting' = 'timezone'
ORDER BY version
