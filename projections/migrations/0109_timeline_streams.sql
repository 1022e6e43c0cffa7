-- What the sentences of a stream need to know of its past: names of its plans, and where its balances stand.
CREATE TABLE timeline_streams (
    ledger_id  text COLLATE "C" NOT NULL,
    generation integer NOT NULL,
    stream_id  uuid NOT NULL,
    state      jsonb NOT NULL,
    PRIMARY KEY (ledger_id, generation, stream_id)
) WITH (fillfactor = 70);

GRANT SELECT, INSERT, UPDATE, DELETE ON timeline_streams TO tallystick_app;
