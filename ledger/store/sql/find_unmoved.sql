-- The stream that holds a claim, else the one that is named; its last version, and when something is due for it.
SELECT f.stream_id,
       (SELECT e.version FROM events AS e WHERE e.ledger_id = l.ledger_id AND e.stream_id = f.stream_id
        ORDER BY e.version DESC LIMIT 1),
       d.due_at, greatest(clock_timestamp(), l.recorded_at)
FROM ledgers AS l
CROSS JOIN LATERAL (
    SELECT coalesce((SELECT c.stream_id FROM claims AS c WHERE c.ledger_id = l.ledger_id AND c.kind = %(kind)s
                     AND c.value = %(value)s), %(internal)s::uuid) AS stream_id) AS f
LEFT JOIN due AS d ON d.ledger_id = l.ledger_id AND d.stream_id = f.stream_id
WHERE l.ledger_id = %(ledger_id)s AND f.stream_id IS NOT NULL
