-- The highest number that a generation of a model ever had. Numbers are never used again: who was held up while it swept
-- or filled a generation that is gone finds nothing under its number, and not what somebody else began since.
ALTER TABLE projections ADD COLUMN newest integer NOT NULL DEFAULT 1;
UPDATE projections AS p SET newest = greatest(p.generation, (
    SELECT max(g.generation) FROM generations AS g WHERE g.ledger_id = p.ledger_id AND g.model = p.model
));
