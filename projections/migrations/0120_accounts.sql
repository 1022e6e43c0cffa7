-- Customers as the customer list shows, filters and sorts them: one wide row each, changed by what rarely happens.
-- `marks` are what plan and status filters look for; `search` is what a search looks in; keys are what is sorted by,
-- without case, empty where there is nothing. The extension pg_trgm is there: migrating begins with it.
CREATE TABLE accounts (
    ledger_id            text COLLATE "C" NOT NULL,
    generation           integer NOT NULL,
    stream_id            uuid NOT NULL,
    from_position        bigint NOT NULL,
    from_at              timestamptz NOT NULL,
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
    state                jsonb NOT NULL,
    PRIMARY KEY (ledger_id, generation, stream_id)
) WITH (fillfactor = 85);

CREATE INDEX accounts_by_marks ON accounts USING gin (marks) WHERE deleted_at IS NULL;
CREATE INDEX accounts_by_metadata ON accounts USING gin (metadata jsonb_path_ops) WHERE deleted_at IS NULL;
CREATE INDEX accounts_by_search ON accounts USING gin (search gin_trgm_ops) WHERE deleted_at IS NULL;

-- One index for each column that the list is sorted by; the stream makes every order a total one.
CREATE INDEX accounts_by_age ON accounts (ledger_id, generation, created_at, stream_id)
    WHERE deleted_at IS NULL;
CREATE INDEX accounts_by_id ON accounts (ledger_id, generation, id_key, stream_id)
    WHERE deleted_at IS NULL;
CREATE INDEX accounts_by_name ON accounts (ledger_id, generation, name_key, stream_id)
    WHERE deleted_at IS NULL;
CREATE INDEX accounts_by_email ON accounts (ledger_id, generation, email_key, stream_id)
    WHERE deleted_at IS NULL;
CREATE INDEX accounts_by_plan ON accounts (ledger_id, generation, plan_key, stream_id)
    WHERE deleted_at IS NULL;
CREATE INDEX accounts_by_plan_id ON accounts (ledger_id, generation, plan_id_key, stream_id)
    WHERE deleted_at IS NULL;
CREATE INDEX accounts_by_plan_version ON accounts (ledger_id, generation, version_key, stream_id)
    WHERE deleted_at IS NULL;
CREATE INDEX accounts_by_plan_status ON accounts (ledger_id, generation, plan_status, stream_id)
    WHERE deleted_at IS NULL;
CREATE INDEX accounts_by_active ON accounts (ledger_id, generation, active_subscriptions, stream_id)
    WHERE deleted_at IS NULL;
CREATE INDEX accounts_by_owed ON accounts (ledger_id, generation, owed_minor, stream_id)
    WHERE deleted_at IS NULL;
CREATE INDEX accounts_by_credit ON accounts (ledger_id, generation, credit_minor, stream_id)
    WHERE deleted_at IS NULL;

GRANT SELECT, INSERT, UPDATE, DELETE ON accounts TO tallystick_app;
