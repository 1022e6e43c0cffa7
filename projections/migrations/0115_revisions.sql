-- Which revision of a model's fold made the rows that are read; 0 where nothing was folded yet.
ALTER TABLE projections ADD COLUMN revision integer NOT NULL DEFAULT 1;
UPDATE projections SET revision = 0, failed_position = 0 WHERE failure = 'not built yet';
