-- The sum of a feature compares to a number like this; the unlimited is beyond every number.
AND EXISTS (
    SELECT FROM balance_sums AS s
    WHERE s.ledger_id = %(ledger_id)s AND s.generation = %(balances_generation)s AND s.stream_id = a.stream_id
      AND s.feature_id = {feature}::text AND {column} {comparison} {number}::numeric
)
