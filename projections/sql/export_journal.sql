-- All lines of the books in the order of their days, an entry after the other: of those entries that have a line that
-- is asked for. Customers who are gone stay in the books.
SELECT p.posted_on, p.position, p.part, p.natural_on, p.line, p.account, p.currency, p.amount_minor, p.stream_id,
       c.customer_id, l.version, CASE WHEN p.part = 0 THEN l.kind ELSE 'recognition' END, l.invoice_id, l.number,
       l.item, l.plan_id, l.feature_id, l.entity_id, l.period_start, l.period_end, l.about_position
FROM journal_postings AS p
JOIN journal_lines AS l
  ON l.ledger_id = %(ledger_id)s AND l.generation = %(journal_generation)s AND l.position = p.position
  AND l.line = p.line
LEFT JOIN customers AS c
  ON c.ledger_id = %(ledger_id)s AND c.generation = %(customers_generation)s AND c.stream_id = p.stream_id
WHERE p.ledger_id = %(ledger_id)s AND p.generation = %(journal_generation)s
  AND (%(from_day)s::date IS NULL OR p.posted_on >= %(from_day)s::date)
  AND (%(to_day)s::date IS NULL OR p.posted_on <= %(to_day)s::date)
  AND (%(upto_position)s::bigint IS NULL OR p.position <= %(upto_position)s::bigint)
  AND (%(stream_id)s::uuid IS NULL OR p.stream_id = %(stream_id)s::uuid)
  AND (%(some)s::boolean IS NOT TRUE OR EXISTS (
      SELECT 1
      FROM journal_postings AS q
      JOIN journal_lines AS k
        ON k.ledger_id = %(ledger_id)s AND k.generation = %(journal_generation)s AND k.position = q.position
        AND k.line = q.line
      WHERE q.ledger_id = %(ledger_id)s AND q.generation = %(journal_generation)s AND q.posted_on = p.posted_on
        AND q.position = p.position AND q.part = p.part AND q.natural_on = p.natural_on
        AND (%(accounts)s::text[] IS NULL OR q.account = ANY (%(accounts)s::text[]))
        AND (%(currency)s::text IS NULL OR q.currency = %(currency)s::text)
        AND (%(invoice_id)s::text IS NULL OR k.invoice_id = %(invoice_id)s::text)
        AND (%(plan_id)s::text IS NULL OR k.plan_id = %(plan_id)s::text)
        AND (%(feature_id)s::text IS NULL OR k.feature_id = %(feature_id)s::text)
        AND (%(kind)s::text IS NULL OR CASE WHEN q.part = 0 THEN k.kind ELSE 'recognition' END = %(kind)s::text)
  ))
ORDER BY p.posted_on, p.position, p.part, p.natural_on, p.line, p.account
