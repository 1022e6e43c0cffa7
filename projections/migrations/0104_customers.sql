-- Customers as lists show them; deleted ones stay with the instant they went. `search` is what a search looks in.
CREATE TABLE customers (
    ledger_id           text COLLATE "C" NOT NULL,
    generation          integer NOT NULL,
    stream_id           uuid NOT NULL,
    version             integer NOT NULL,
    customer_id         text COLLATE "C",
    name                text,
    email               text,
    fingerprint         text,
    metadata            jsonb,
    forgotten           boolean NOT NULL,
    search              text NOT NULL,
    created_at          timestamptz NOT NULL,
    deleted_at          timestamptz,
    currency            text,
    send_email_receipts boolean NOT NULL,
    clock               timestamptz,
    PRIMARY KEY (ledger_id, generation, stream_id)
);

CREATE INDEX customers_by_age ON customers (ledger_id, generation, created_at, stream_id);
CREATE INDEX customers_by_id ON customers (ledger_id, generation, customer_id) WHERE customer_id IS NOT NULL;

GRANT SELECT, INSERT, UPDATE, DELETE ON customers TO tallystick_app;
