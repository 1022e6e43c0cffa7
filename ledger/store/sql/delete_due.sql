-- Streams on which nothing falls due any more.
DELETE FROM due WHERE ledger_id = %(ledger_id)s AND stream_id = ANY (%(stream_ids)s::uuid[])
