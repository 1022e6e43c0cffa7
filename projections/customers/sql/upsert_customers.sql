-- Rows of customers as a batch left them, new or in place of those with their key.
INSERT INTO customers (
    ledger_id, generation, stream_id, version, customer_id, name, email, fingerprint, metadata, forgotten,
    search, created_at, deleted_at, currency, send_email_receipts, clock, controls
)
SELECT
    %(ledger_id)s, %(generation)s, r.stream_id, r.version, r.customer_id, r.name, r.email, r.fingerprint,
    r.metadata::jsonb, r.forgotten::boolean, r.search, r.created_at, r.deleted_at, r.currency,
    r.send_email_receipts::boolean, r.clock, r.controls::jsonb
FROM unnest(
    %(stream_id)s::uuid[], %(version)s::integer[], %(customer_id)s::text[], %(name)s::text[], %(email)s::text[],
    %(fingerprint)s::text[], %(metadata)s::text[], %(forgotten)s::text[], %(search)s::text[],
    %(created_at)s::timestamptz[], %(deleted_at)s::timestamptz[], %(currency)s::text[],
    %(send_email_receipts)s::text[], %(clock)s::timestamptz[],
    %(controls)s::text[]
) AS r (
    stream_id, version, customer_id, name, email, fingerprint, metadata, forgotten, search, created_at,
    deleted_at, currency, send_email_receipts, clock, controls
)
ON CONFLICT (ledger_id, generation, stream_id) DO UPDATE SET
    version = excluded.version, customer_id = excluded.customer_id, name = excluded.name, email =
    excluded.email, fingerprint = excluded.fingerprint, metadata = excluded.metadata, forgotten =
    excluded.forgotten, search = excluded.search, created_at = excluded.created_at, deleted_at =
    excluded.deleted_at, currency = excluded.currency, send_email_receipts = excluded.send_email_receipts, clock
    = excluded.clock, controls = excluded.controls
