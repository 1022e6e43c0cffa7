-- Plans that customers are on, will be on, or were on. `state` is the whole of it; the other columns are what lists
-- filter and sort by.
CREATE TABLE subscriptions (
    ledger_id       text COLLATE "C" NOT NULL,
    generation      integer NOT NULL,
    stream_id       uuid NOT NULL,
    subscription_id text COLLATE "C" NOT NULL,
    status          text COLLATE "C" NOT NULL,
    plan_id         text COLLATE "C" NOT NULL,
    plan_version    integer NOT NULL,
    add_on          boolean NOT NULL,
    one_off         boolean NOT NULL,
    entity_id       text COLLATE "C",
    created_at      timestamptz NOT NULL,
    started_at      timestamptz NOT NULL,
    canceled_at     timestamptz,
    expires_at      timestamptz,
    ended_at        timestamptz,
    ended_by        text,
    state           jsonb NOT NULL,
    PRIMARY KEY (ledger_id, generation, stream_id, subscription_id)
);

CREATE INDEX subscriptions_by_age
    ON subscriptions (ledger_id, generation, created_at, stream_id, subscription_id);
CREATE INDEX subscriptions_by_plan ON subscriptions (ledger_id, generation, plan_id, stream_id);

GRANT SELECT, INSERT, UPDATE, DELETE ON subscriptions TO tallystick_app;
