-- Some grants that a customer's uses took from, those too that are no more.
SELECT g.grant_id, g.feature_id, g.plan_id, g.entity_id, g.balance_id, g.reset::text
FROM usage_grants AS g
WHERE g.ledger_id = %(ledger_id)s AND g.generation = %(usage_generation)s AND g.stream_id = %(stream_id)s
  AND g.grant_id = ANY (%(grant_ids)s::text[])
