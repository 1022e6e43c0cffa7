-- Every state that was kept on the way, by its stream; those of another version of the code are not used and not compared.
SELECT uuid_send(stream_id), version, last_at, sealed, state FROM milestones
WHERE ledger_id = %(ledger_id)s AND code_version = %(code_version)s
ORDER BY stream_id, version
