-- Usage in sums, and what says which plan and which credits a use took from. See projections/usage/tables.py.
ALTER TABLE usage ADD COLUMN booked_at timestamptz;

-- Every grant that there ever was: balances that are deleted leave no row among the balances, uses of them stay.
CREATE TABLE usage_grants (
    ledger_id  text COLLATE "C" NOT NULL,
    generation integer NOT NULL,
    stream_id  uuid NOT NULL,
    grant_id   text COLLATE "C" NOT NULL,
    feature_id text COLLATE "C" NOT NULL,
    plan_id    text COLLATE "C",
    entity_id  text COLLATE "C",
    balance_id text COLLATE "C",
    reset      jsonb,
    PRIMARY KEY (ledger_id, generation, stream_id, grant_id)
) WITH (autovacuum_vacuum_insert_scale_factor = 0.05);

-- Sums of a ledger's uses by the half hour. The rows of the present change with every batch: room is left beside them.
CREATE TABLE usage_sums (
    ledger_id  text COLLATE "C" NOT NULL,
    generation integer NOT NULL,
    cell       timestamptz NOT NULL,
    feature_id text COLLATE "C" NOT NULL,
    value      numeric NOT NULL,
    uses       bigint NOT NULL,
    deducted   numeric NOT NULL,
    on_credits bigint NOT NULL,
    PRIMARY KEY (ledger_id, generation, cell, feature_id)
) WITH (fillfactor = 70);

-- The same of each customer with a long history. A use of no entity stands under the empty name.
CREATE TABLE usage_stream_sums (
    ledger_id  text COLLATE "C" NOT NULL,
    generation integer NOT NULL,
    stream_id  uuid NOT NULL,
    cell       timestamptz NOT NULL,
    feature_id text COLLATE "C" NOT NULL,
    entity_id  text COLLATE "C" NOT NULL,
    value      numeric NOT NULL,
    uses       bigint NOT NULL,
    deducted   numeric NOT NULL,
    on_credits bigint NOT NULL,
    PRIMARY KEY (ledger_id, generation, stream_id, cell, feature_id, entity_id)
) WITH (fillfactor = 70);

-- What a use took, grant by grant, and last what no balance covered: the units of the parts add up to its value.
-- A deduction is a grant with what was taken of it and, where that was credits, the units of the feature they paid for.
CREATE FUNCTION usage_parts(value numeric, deductions jsonb)
RETURNS TABLE (grant_id text, deducted numeric, units numeric, on_credits boolean) LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT part ->> 0, (part ->> 1)::numeric, coalesce(part ->> 2, part ->> 1)::numeric, jsonb_array_length(part) = 3
    FROM jsonb_array_elements(deductions) AS taken (part)
    UNION ALL
    SELECT NULL, 0, rest.units, false
    FROM (SELECT value - coalesce(sum(coalesce(part ->> 2, part ->> 1)::numeric), 0) AS units
          FROM jsonb_array_elements(deductions) AS taken (part)) AS rest
    WHERE rest.units <> 0 OR deductions IS NULL
$$;

-- A property as people name it: 5.0 is 5, and true is a word. Its name may be a path of names with dots between.
CREATE FUNCTION usage_property(properties jsonb, name text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT CASE jsonb_typeof(found.value)
        WHEN 'number' THEN trim_scale((found.value #>> '{}')::numeric)::text
        ELSE found.value #>> '{}'
    END
    FROM (SELECT coalesce(properties -> name, properties #> string_to_array(name, '.')) AS value) AS found
$$;

GRANT SELECT, INSERT, DELETE ON usage_grants TO tallystick_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON usage_sums, usage_stream_sums TO tallystick_app;
GRANT EXECUTE ON FUNCTION usage_parts(numeric, jsonb), usage_property(jsonb, text) TO tallystick_app;
