-- Whether a stream's personal data can still be read, and nobody is forgetting it just now.
SELECT wrapped_key IS NOT NULL FROM data_keys
WHERE ledger_id = %(ledger_id)s AND stream_id = %(stream_id)s FOR SHARE
