-- Invoices as lists show them, amounts in minor units of their currency. `state` is the whole of one but its lines.
CREATE TABLE invoices (
    ledger_id            text COLLATE "C" NOT NULL,
    generation           integer NOT NULL,
    stream_id            uuid NOT NULL,
    invoice_id           text COLLATE "C" NOT NULL,
    number               bigint,
    status               text COLLATE "C" NOT NULL,
    origin               text COLLATE "C" NOT NULL,
    entity_id            text COLLATE "C",
    stripe_id            text COLLATE "C",
    currency             text COLLATE "C" NOT NULL,
    plan_ids             jsonb NOT NULL,
    total_minor          bigint NOT NULL,
    credit_applied_minor bigint NOT NULL,
    paid_minor           bigint NOT NULL,
    due_minor            bigint NOT NULL,
    credited_minor       bigint NOT NULL,
    returned_minor       bigint NOT NULL,
    refunded_minor       bigint NOT NULL,
    created_at           timestamptz NOT NULL,
    finalized_at         timestamptz,
    due_at               timestamptz,
    closed_at            timestamptz,
    lines                jsonb NOT NULL,
    state                jsonb NOT NULL,
    PRIMARY KEY (ledger_id, generation, stream_id, invoice_id)
);

CREATE INDEX invoices_by_age ON invoices (ledger_id, generation, created_at, stream_id, invoice_id);
CREATE INDEX invoices_by_stripe_id ON invoices (ledger_id, generation, stripe_id) WHERE stripe_id IS NOT NULL;

GRANT SELECT, INSERT, UPDATE, DELETE ON invoices TO tallystick_app;
