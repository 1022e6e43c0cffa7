-- The wrapped data keys of some streams.
SELECT stream_id, wrapped_key FROM data_keys
WHERE ledger_id = %(ledger_id)s AND stream_id = ANY (%(stream_ids)s::uuid[])
