-- The last state of a stream that was kept at a version or before it, and that this version of the code may use.
SELECT stream_id, version, last_at, sealed, state FROM milestones
WHERE ledger_id = %(ledger_id)s AND stream_id = %(stream_id)s AND version <= %(version)s
  AND code_version = %(code_version)s
ORDER BY version DESC LIMIT 1
