-- Generations that wait to be deleted.
SELECT model, generation FROM generations
WHERE ledger_id = %(ledger_id)s AND state = 'retired'
ORDER BY model, generation
