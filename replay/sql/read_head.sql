-- What the ledger's row says of its last event, and the instant of that event itself.
SELECT l.position, l.hash, l.recorded_at,
       (SELECT e.recorded_at FROM events AS e WHERE e.ledger_id = %(ledger_id)s AND e.position = %(position)s)
FROM ledgers AS l WHERE l.ledger_id = %(ledger_id)s
