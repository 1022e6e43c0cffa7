-- What the sentences of streams need to know of their past.
SELECT stream_id, state::text
FROM timeline_streams
WHERE ledger_id = %(ledger_id)s AND generation = %(generation)s AND stream_id = ANY (%(stream_ids)s::uuid[])
