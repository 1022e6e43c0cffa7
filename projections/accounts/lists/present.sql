-- Customers that exist, as they are now, in the order asked for; with the sums of a feature, where one is named.
SELECT {key}, a.stream_id, a.customer_id, a.name, a.email, a.metadata::text, a.created_at, a.currency,
       a.plan_id, a.plan_version, a.plan, a.plan_status, a.active_subscriptions,
       a.owed_minor, a.owed_other::text, a.credit_minor, b.granted, b.remaining, b.usage, b.unlimited,
       CASE WHEN %(of_plans)s::boolean THEN a.marks END
FROM accounts AS a
LEFT JOIN balance_sums AS b
  ON b.ledger_id = %(ledger_id)s AND b.generation = %(balances_generation)s
  AND b.stream_id = a.stream_id AND b.feature_id = %(feature_id)s::text
WHERE a.ledger_id = %(ledger_id)s AND a.generation = %(accounts_generation)s AND a.deleted_at IS NULL
  {conditions}
ORDER BY {order}
LIMIT %(limit)s::bigint
