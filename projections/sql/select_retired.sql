-- A generation that waits to be deleted.
SELECT ledger_id, model, generation FROM generations WHERE state = 'retired'
ORDER BY ledger_id, model, generation LIMIT 1
