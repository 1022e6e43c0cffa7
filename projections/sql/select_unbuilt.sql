-- Models whose rows an older fold made, or nobody yet, in ledgers with a history; not those that somebody is filling.
SELECT p.ledger_id, m.model FROM projected AS p
CROSS JOIN unnest(%(models)s::text[], %(revisions)s::integer[]) AS m (model, revision)
LEFT JOIN projections AS made ON made.ledger_id = p.ledger_id AND made.model = m.model
WHERE p.position > 0 AND coalesce(made.revision, 0) < m.revision
  AND NOT EXISTS (SELECT FROM generations AS g
                  WHERE g.ledger_id = p.ledger_id AND g.model = m.model AND g.state = 'filling'
                    AND g.moved_at > clock_timestamp() - interval '1 minute')
ORDER BY p.ledger_id, m.model
