-- What rows of the customer list were before the events of a batch changed them.
COPY accounts_past (
    ledger_id, generation, stream_id, from_position, from_at, until_position, until_at, customer_id, name, email,
    metadata, search, created_at, deleted_at, currency, plan_id, plan_version, plan, plan_status,
    active_subscriptions, owed_minor, owed_other, credit_minor, marks, id_key, name_key, email_key, plan_key,
    plan_id_key, version_key
) FROM STDIN
