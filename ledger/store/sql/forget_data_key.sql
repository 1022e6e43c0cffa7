-- The key is gone; that it was there stays known.
UPDATE data_keys SET wrapped_key = NULL WHERE ledger_id = %(ledger_id)s AND stream_id = %(stream_id)s
