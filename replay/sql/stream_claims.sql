-- Every claim, by the stream that holds it.
SELECT uuid_send(stream_id), kind, value FROM claims WHERE ledger_id = %(ledger_id)s ORDER BY stream_id
