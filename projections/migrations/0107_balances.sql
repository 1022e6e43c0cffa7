-- What each grant of units stands at, ended ones too. Room is left in its pages: these rows change with every use.
CREATE TABLE balances (
    ledger_id       text COLLATE "C" NOT NULL,
    generation      integer NOT NULL,
    stream_id       uuid NOT NULL,
    grant_id        text COLLATE "C" NOT NULL,
    status          text COLLATE "C" NOT NULL,
    feature_id      text COLLATE "C" NOT NULL,
    entity_id       text COLLATE "C",
    plan_id         text COLLATE "C",
    subscription_id text COLLATE "C",
    unlimited       boolean NOT NULL,
    granted         numeric NOT NULL,
    remaining       numeric NOT NULL,
    created_at      timestamptz NOT NULL,
    expires_at      timestamptz,
    ended_at        timestamptz,
    state           jsonb NOT NULL,
    PRIMARY KEY (ledger_id, generation, stream_id, grant_id)
) WITH (fillfactor = 70);

CREATE INDEX balances_by_age ON balances (ledger_id, generation, created_at, stream_id, grant_id);

GRANT SELECT, INSERT, UPDATE, DELETE ON balances TO tallystick_app;
