-- Where a ledger's log and its projections stand, and up to when due work is done there.
SELECT l.position, coalesce(p.position, 0), clock_timestamp(),
       (SELECT min(d.due_at) FROM due AS d WHERE d.ledger_id = %(ledger_id)s),
       (SELECT coalesce(jsonb_object_agg(m.model, jsonb_build_array(m.generation, m.failed_position, m.revision)), '{}')
        FROM projections AS m WHERE m.ledger_id = %(ledger_id)s)
FROM ledgers AS l
LEFT JOIN projected AS p ON p.ledger_id = l.ledger_id
WHERE l.ledger_id = %(ledger_id)s
