-- A generation that waits to be deleted, of the models that a program knows: it would leave rows of any other behind.
SELECT ledger_id, model, generation FROM generations
WHERE state = 'retired' AND model = ANY (%(models)s::text[])
ORDER BY ledger_id, model, generation LIMIT 1
