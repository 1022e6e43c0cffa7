-- Customers that existed at a moment, as their rows stood then: those that have not changed since, and what the others
-- were. Of one customer at most one of all its rows stood at any moment.
SELECT * FROM (
    (SELECT {key} AS sorted_by, a.stream_id, a.customer_id, a.name, a.email, a.metadata::text, a.created_at, a.currency,
            a.plan_id, a.plan_version, a.plan, a.plan_status, a.active_subscriptions,
            a.owed_minor, a.owed_other::text, a.credit_minor,
            NULL::numeric, NULL::numeric, NULL::numeric, NULL::boolean,
            CASE WHEN %(of_plans)s::boolean THEN a.marks END
     FROM accounts AS a
     WHERE a.ledger_id = %(ledger_id)s AND a.generation = %(accounts_generation)s AND a.deleted_at IS NULL
       AND a.from_position <= %(upto_position)s
       AND (%(upto_at)s::timestamptz IS NULL OR a.from_at <= %(upto_at)s::timestamptz)
       {conditions}
     ORDER BY {order}
     LIMIT %(limit)s::bigint)
    UNION ALL
    (SELECT {key} AS sorted_by, a.stream_id, a.customer_id, a.name, a.email, a.metadata::text, a.created_at, a.currency,
            a.plan_id, a.plan_version, a.plan, a.plan_status, a.active_subscriptions,
            a.owed_minor, a.owed_other::text, a.credit_minor,
            NULL::numeric, NULL::numeric, NULL::numeric, NULL::boolean,
            CASE WHEN %(of_plans)s::boolean THEN a.marks END
     FROM accounts_past AS a
     WHERE a.ledger_id = %(ledger_id)s AND a.generation = %(accounts_generation)s AND a.deleted_at IS NULL
       AND a.from_position <= %(upto_position)s
       AND (%(upto_at)s::timestamptz IS NULL OR a.from_at <= %(upto_at)s::timestamptz)
       AND NOT (a.until_position <= %(upto_position)s
                AND (%(upto_at)s::timestamptz IS NULL OR a.until_at <= %(upto_at)s::timestamptz))
       {conditions}
     ORDER BY {order}
     LIMIT %(limit)s::bigint)
) AS stood
ORDER BY {whole_order}
LIMIT %(limit)s::bigint
