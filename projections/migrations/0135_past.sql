-- What rows were before: one row for each event that changed one, with its place in the log and its instant, so that a
-- list of any moment takes the last one inside it. Rows are added and never changed. `first` rows keep the order of age.
CREATE TABLE customers_past (
    ledger_id   text COLLATE "C" NOT NULL,
    generation  integer NOT NULL,
    stream_id   uuid NOT NULL,
    position    bigint NOT NULL,
    at          timestamptz NOT NULL,
    customer_id text COLLATE "C",
    deleted     boolean NOT NULL,
    clock       timestamptz,
    PRIMARY KEY (ledger_id, generation, stream_id, position)
);
CREATE INDEX customers_past_by_id ON customers_past (ledger_id, generation, customer_id, position)
    WHERE customer_id IS NOT NULL;

CREATE TABLE subscriptions_past (
    ledger_id       text COLLATE "C" NOT NULL,
    generation      integer NOT NULL,
    stream_id       uuid NOT NULL,
    subscription_id text COLLATE "C" NOT NULL,
    position        bigint NOT NULL,
    at              timestamptz NOT NULL,
    first           boolean NOT NULL,
    status          text COLLATE "C" NOT NULL,
    past_due        boolean NOT NULL,
    plan_id         text COLLATE "C" NOT NULL,
    one_off         boolean NOT NULL,
    entity_id       text COLLATE "C",
    created_at      timestamptz NOT NULL,
    ended_at        timestamptz,
    ended_by        text,
    state           jsonb NOT NULL,
    PRIMARY KEY (ledger_id, generation, stream_id, subscription_id, position)
);
CREATE INDEX subscriptions_past_by_age
    ON subscriptions_past (ledger_id, generation, created_at, stream_id, subscription_id) WHERE first;

-- `lines` only where an event changed them.
CREATE TABLE invoices_past (
    ledger_id    text COLLATE "C" NOT NULL,
    generation   integer NOT NULL,
    stream_id    uuid NOT NULL,
    invoice_id   text COLLATE "C" NOT NULL,
    position     bigint NOT NULL,
    at           timestamptz NOT NULL,
    first        boolean NOT NULL,
    status       text COLLATE "C" NOT NULL,
    entity_id    text COLLATE "C",
    stripe_id    text COLLATE "C",
    created_at   timestamptz NOT NULL,
    finalized_at timestamptz,
    closed_at    timestamptz,
    lines        jsonb,
    state        jsonb NOT NULL,
    PRIMARY KEY (ledger_id, generation, stream_id, invoice_id, position)
);
CREATE INDEX invoices_past_by_age
    ON invoices_past (ledger_id, generation, created_at, stream_id, invoice_id) WHERE first;

-- Where in the log a balance ended. How it stood then is its row of `balances`, which never changes again.
CREATE TABLE balances_ended (
    ledger_id  text COLLATE "C" NOT NULL,
    generation integer NOT NULL,
    stream_id  uuid NOT NULL,
    grant_id   text COLLATE "C" NOT NULL,
    position   bigint NOT NULL,
    PRIMARY KEY (ledger_id, generation, stream_id, grant_id)
);

GRANT SELECT, INSERT, DELETE ON customers_past, subscriptions_past, invoices_past, balances_ended TO tallystick_app;
