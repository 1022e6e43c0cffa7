-- What rows of the customer list were before: each as it stood from one position of the log until another, and from one
-- instant of business until another. Rows are added and never changed; the one that still stands is in `accounts`.
CREATE TABLE accounts_past (
    ledger_id            text COLLATE "C" NOT NULL,
    generation           integer NOT NULL,
    stream_id            uuid NOT NULL,
    from_position        bigint NOT NULL,
    from_at              timestamptz NOT NULL,
    until_position       bigint NOT NULL,
    until_at             timestamptz NOT NULL,
    customer_id          text COLLATE "C",
    name                 text,
    email                text,
    metadata             jsonb,
    search               text NOT NULL,
    created_at           timestamptz NOT NULL,
    deleted_at           timestamptz,
    currency             text COLLATE "C",
    plan_id              text COLLATE "C",
    plan_version         integer,
    plan                 text,
    plan_status          text COLLATE "C" NOT NULL,
    active_subscriptions integer NOT NULL,
    owed_minor           bigint NOT NULL,
    owed_other           jsonb,
    credit_minor         bigint NOT NULL,
    marks                text[] COLLATE "C" NOT NULL,
    id_key               text COLLATE "C" NOT NULL,
    name_key             text COLLATE "C" NOT NULL,
    email_key            text COLLATE "C" NOT NULL,
    plan_key             text COLLATE "C" NOT NULL,
    plan_id_key          text COLLATE "C" NOT NULL,
    version_key          integer NOT NULL,
    PRIMARY KEY (ledger_id, generation, stream_id, from_position)
);

CREATE INDEX accounts_past_by_age ON accounts_past (ledger_id, generation, created_at, stream_id);

GRANT SELECT, INSERT, DELETE ON accounts_past TO tallystick_app;
