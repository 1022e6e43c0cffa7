-- Where and why a model stopped.
UPDATE projections SET failed_position = %(position)s, failure = %(failure)s, failed_at = clock_timestamp()
WHERE ledger_id = %(ledger_id)s AND model = %(model)s
