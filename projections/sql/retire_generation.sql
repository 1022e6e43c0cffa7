-- A generation that nobody reads any more; its rows go in small steps.
INSERT INTO generations (ledger_id, model, generation, state)
VALUES (%(ledger_id)s, %(model)s, %(generation)s, 'retired')
ON CONFLICT (ledger_id, model, generation) DO UPDATE SET state = 'retired'
