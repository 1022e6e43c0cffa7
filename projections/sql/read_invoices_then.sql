-- Every invoice that a customer had after a position, as it was then.
SELECT DISTINCT ON (s.invoice_id) s.finalized_at, s.closed_at, l.lines::text, s.state::text
FROM invoices_past AS s
CROSS JOIN LATERAL (
    SELECT n.lines FROM invoices_past AS n
    WHERE n.ledger_id = %(ledger_id)s AND n.generation = %(invoices_generation)s AND n.stream_id = s.stream_id
      AND n.invoice_id = s.invoice_id AND n.position <= s.position AND n.lines IS NOT NULL
    ORDER BY n.position DESC LIMIT 1) AS l
WHERE s.ledger_id = %(ledger_id)s AND s.generation = %(invoices_generation)s
  AND s.stream_id = %(stream_id)s AND s.position <= %(position)s
ORDER BY s.invoice_id, s.position DESC
