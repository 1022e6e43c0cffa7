-- Every event as a sentence with what it changed. Rows are added and never changed.
CREATE TABLE timeline (
    ledger_id    text COLLATE "C" NOT NULL,
    generation   integer NOT NULL,
    position     bigint NOT NULL,
    stream_id    uuid NOT NULL,
    customer_id  text COLLATE "C",
    kind         text COLLATE "C" NOT NULL,
    sentence     text NOT NULL,
    actor        text COLLATE "C" NOT NULL,
    on_behalf_of text COLLATE "C",
    reason       text,
    request_id   text COLLATE "C" NOT NULL,
    at           timestamptz NOT NULL,
    recorded_at  timestamptz NOT NULL,
    before       jsonb,
    after        jsonb,
    feature_ids  text[] NOT NULL,
    entity_id    text COLLATE "C",
    plan_id      text COLLATE "C",
    amount       numeric,
    links        jsonb,
    PRIMARY KEY (ledger_id, generation, position)
) WITH (autovacuum_vacuum_insert_scale_factor = 0.05);

CREATE INDEX timeline_by_stream ON timeline (ledger_id, generation, stream_id, position);

-- Most entries are usage, and what people look for among all customers is mostly not.
CREATE INDEX timeline_by_kind ON timeline (ledger_id, generation, kind, position) WHERE kind <> 'usage.recorded';
CREATE INDEX timeline_by_actor ON timeline (ledger_id, generation, actor, position) WHERE kind <> 'usage.recorded';

GRANT SELECT, INSERT, DELETE ON timeline TO tallystick_app;
