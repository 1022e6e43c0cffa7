-- Where a ledger's log ends, what time it is there, and the last versions of its catalog and its settings.
SELECT l.position, greatest(clock_timestamp(), l.recorded_at),
       coalesce((SELECT e.version FROM events AS e WHERE e.ledger_id = l.ledger_id AND e.stream_id = %(catalog)s
                 ORDER BY e.version DESC LIMIT 1), 0),
       coalesce((SELECT e.version FROM events AS e WHERE e.ledger_id = l.ledger_id AND e.stream_id = %(settings)s
                 ORDER BY e.version DESC LIMIT 1), 0)
FROM ledgers AS l
WHERE l.ledger_id = %(ledger_id)s
