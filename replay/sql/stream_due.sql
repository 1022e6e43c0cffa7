-- When each stream must next be looked at.
SELECT uuid_send(stream_id), due_at FROM due WHERE ledger_id = %(ledger_id)s ORDER BY stream_id
