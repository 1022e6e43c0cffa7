-- The kept states of some streams that this version of the code may use.
SELECT stream_id, version, last_at, sealed, state FROM snapshots
WHERE ledger_id = %(ledger_id)s AND stream_id = ANY (%(stream_ids)s::uuid[]) AND code_version = %(code_version)s
