-- The same customers where a filter leaves few: gathered first, whatever their order, and then sorted. An index in the
-- order of the list would be read on and on where the few are all at its other end.
WITH found AS MATERIALIZED (
    SELECT a.stream_id, {own_key} AS own_key
    FROM accounts AS a
    WHERE a.ledger_id = %(ledger_id)s AND a.generation = %(accounts_generation)s AND a.deleted_at IS NULL
      {conditions}
    LIMIT %(most)s::bigint
), keyed AS (
    SELECT found.stream_id, {key} AS sorted_by, {lacks} AS lacks
    FROM found
    LEFT JOIN balance_sums AS b
      ON b.ledger_id = %(ledger_id)s AND b.generation = %(balances_generation)s
      AND b.stream_id = found.stream_id AND b.feature_id = {sorted_feature}
), page AS (
    SELECT * FROM keyed
    WHERE {after}
    ORDER BY lacks {lacks_way}, sorted_by {way}, stream_id {way}
    LIMIT %(limit)s::bigint
)
SELECT whole.gathered, p.lacks::integer, p.sorted_by, a.stream_id, a.customer_id, a.name, a.email, a.metadata::text,
       a.created_at, a.currency, a.plan_id, a.plan_version, a.plan, a.plan_status, a.active_subscriptions,
       a.owed_minor, a.owed_other::text, a.credit_minor, b.granted, b.remaining, b.usage, b.unlimited,
       CASE WHEN %(of_plans)s::boolean THEN a.marks END
FROM (SELECT count(*) AS gathered FROM found) AS whole
LEFT JOIN page AS p ON true
LEFT JOIN accounts AS a
  ON a.ledger_id = %(ledger_id)s AND a.generation = %(accounts_generation)s AND a.stream_id = p.stream_id
LEFT JOIN balance_sums AS b
  ON b.ledger_id = %(ledger_id)s AND b.generation = %(balances_generation)s
  AND b.stream_id = p.stream_id AND b.feature_id = %(feature_id)s::text
ORDER BY p.lacks {lacks_way}, p.sorted_by {way}, p.stream_id {way}
