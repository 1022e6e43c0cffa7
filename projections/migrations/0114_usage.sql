-- Every use, and what was set aside and given back: units by when they were used. Rows are added and never changed.
CREATE TABLE usage (
    ledger_id  text COLLATE "C" NOT NULL,
    generation integer NOT NULL,
    at         timestamptz NOT NULL,
    position   bigint NOT NULL,
    stream_id  uuid NOT NULL,
    version    integer NOT NULL,
    feature_id text COLLATE "C" NOT NULL,
    entity_id  text COLLATE "C",
    event_name text COLLATE "C",
    value      numeric NOT NULL,
    properties jsonb,
    deductions jsonb,
    PRIMARY KEY (ledger_id, generation, at, position)
) WITH (autovacuum_vacuum_insert_scale_factor = 0.05);

CREATE INDEX usage_by_stream ON usage (ledger_id, generation, stream_id, at, position);

GRANT SELECT, INSERT, DELETE ON usage TO tallystick_app;
