-- Every letter of a text and every two that stand together: what a search for one or two letters is found by, which have
-- no three for an index of trigrams. All names in it are of pg_catalog, so that it means the same in every session.
CREATE FUNCTION search_pairs(searched text) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (
    SELECT array_agg(DISTINCT substr(searched, place, letters))
    FROM generate_series(1, length(searched)) AS place, generate_series(1, 2) AS letters
);

CREATE INDEX accounts_by_short_search ON accounts USING gin (search_pairs(search)) WHERE deleted_at IS NULL;

-- How many customers a search or a plan leaves decides how they are looked for, so the planner knows these columns well.
ALTER TABLE accounts ALTER COLUMN search SET STATISTICS 1000;
ALTER TABLE accounts ALTER COLUMN marks SET STATISTICS 1000;
