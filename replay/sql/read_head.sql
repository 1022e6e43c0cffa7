-- What the ledger's row says of its last event, the instant of that event itself, how many invoices the row and the log
-- have finalized, and the first of them whose number is not one more than the one before.
SELECT l.position, l.hash, l.recorded_at,
       (SELECT e.recorded_at FROM events AS e WHERE e.ledger_id = %(ledger_id)s AND e.position = %(position)s),
       l.invoices, numbers.finalized, numbers.misnumbered
FROM ledgers AS l,
     (SELECT count(*) AS finalized, min(position) FILTER (WHERE number IS DISTINCT FROM ordinal) AS misnumbered
      FROM (SELECT position, (convert_from(state, 'UTF8')::jsonb ->> 'number')::bigint AS number,
                   row_number() OVER (ORDER BY position) AS ordinal
            FROM events
            WHERE ledger_id = %(ledger_id)s AND position <= %(position)s AND starts_with(type, 'invoice.finalized.'))
           AS final) AS numbers
WHERE l.ledger_id = %(ledger_id)s
