-- The next generation of a model, to be filled beside the one that is read, under a number that none had before.
WITH numbered AS (
    UPDATE projections AS p
    SET newest = 1 + greatest(p.newest, p.generation, (
        SELECT max(g.generation) FROM generations AS g WHERE g.ledger_id = %(ledger_id)s AND g.model = %(model)s
    ))
    WHERE p.ledger_id = %(ledger_id)s AND p.model = %(model)s
    RETURNING p.ledger_id, p.model, p.newest
)
INSERT INTO generations (ledger_id, model, generation, state)
SELECT ledger_id, model, newest, 'filling' FROM numbered
RETURNING generation
