-- What rows of the customer list were before the events of a batch changed them.
INSERT INTO accounts_past (
    ledger_id, generation, stream_id, from_position, from_at, until_position, until_at, customer_id, name, email,
    metadata, search, created_at, deleted_at, currency, plan_id, plan_version, plan, plan_status,
    active_subscriptions, owed_minor, owed_other, credit_minor, marks, id_key, name_key, email_key, plan_key,
    plan_id_key, version_key
)
SELECT
    %(ledger_id)s, %(generation)s, r.stream_id, r.from_position, r.from_at, r.until_position, r.until_at,
    r.customer_id, r.name, r.email, r.metadata::jsonb, r.search, r.created_at, r.deleted_at, r.currency, r.plan_id,
    r.plan_version, r.plan, r.plan_status, r.active_subscriptions, r.owed_minor, r.owed_other::jsonb,
    r.credit_minor, r.marks::text[], r.id_key, r.name_key, r.email_key, r.plan_key, r.plan_id_key, r.version_key
FROM unnest(
    %(stream_id)s::uuid[], %(from_position)s::bigint[], %(from_at)s::timestamptz[], %(until_position)s::bigint[],
    %(until_at)s::timestamptz[], %(customer_id)s::text[], %(name)s::text[], %(email)s::text[], %(metadata)s::text[],
    %(search)s::text[], %(created_at)s::timestamptz[], %(deleted_at)s::timestamptz[], %(currency)s::text[],
    %(plan_id)s::text[], %(plan_version)s::integer[], %(plan)s::text[], %(plan_status)s::text[],
    %(active_subscriptions)s::integer[], %(owed_minor)s::bigint[], %(owed_other)s::text[],
    %(credit_minor)s::bigint[], %(marks)s::text[], %(id_key)s::text[], %(name_key)s::text[], %(email_key)s::text[],
    %(plan_key)s::text[], %(plan_id_key)s::text[], %(version_key)s::integer[]
) AS r (
    stream_id, from_position, from_at, until_position, until_at, customer_id, name, email, metadata, search,
    created_at, deleted_at, currency, plan_id, plan_version, plan, plan_status, active_subscriptions, owed_minor,
    owed_other, credit_minor, marks, id_key, name_key, email_key, plan_key, plan_id_key, version_key
)
