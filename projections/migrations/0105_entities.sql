-- The entities that customers have now.
CREATE TABLE entities (
    ledger_id  text COLLATE "C" NOT NULL,
    generation integer NOT NULL,
    stream_id  uuid NOT NULL,
    entity_id  text COLLATE "C" NOT NULL,
    feature_id text COLLATE "C" NOT NULL,
    name       text,
    forgotten  boolean NOT NULL,
    search     text NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (ledger_id, generation, stream_id, entity_id)
);

CREATE INDEX entities_by_age ON entities (ledger_id, generation, created_at, stream_id, entity_id);

GRANT SELECT, INSERT, UPDATE, DELETE ON entities TO tallystick_app;
