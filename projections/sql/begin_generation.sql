-- The next generation of a model, to be filled beside the one that is read.
INSERT INTO generations (ledger_id, model, generation, state)
SELECT p.ledger_id, p.model,
       1 + greatest(p.generation, (SELECT max(g.generation) FROM generations AS g
                                   WHERE g.ledger_id = %(ledger_id)s AND g.model = %(model)s)), 'filling'
FROM projections AS p
WHERE p.ledger_id = %(ledger_id)s AND p.model = %(model)s
RETURNING generation
