-- Generations whose filling was given up: nobody has moved them for a long time.
UPDATE generations SET state = 'retired'
WHERE ledger_id = %(ledger_id)s AND state = 'filling' AND moved_at < clock_timestamp() - interval '15 minutes'
