-- The lines of an account or a few, of one customer or all, each with what stands there after it. `carried` stands
-- before the first of them.
SELECT p.posted_on, p.position, p.part, p.natural_on, p.line, p.account, p.currency, p.amount_minor, p.stream_id,
       c.customer_id, l.version, CASE WHEN p.part = 0 THEN l.kind ELSE 'recognition' END, l.invoice_id, l.number,
       l.item, l.plan_id, l.feature_id, l.entity_id, l.period_start, l.period_end, l.about_position,
       %(carried)s::numeric + p.until_here AS balance
FROM (
    SELECT p.*, sum(p.amount_minor) OVER (
               ORDER BY p.posted_on, p.position, p.part, p.natural_on, p.line, p.account ROWS UNBOUNDED PRECEDING
           ) AS until_here
    FROM journal_postings AS p
    WHERE p.ledger_id = %(ledger_id)s AND p.generation = %(journal_generation)s
      AND (%(from_day)s::date IS NULL OR p.posted_on >= %(from_day)s::date)
      AND (%(to_day)s::date IS NULL OR p.posted_on <= %(to_day)s::date)
      AND (%(upto_position)s::bigint IS NULL OR p.position <= %(upto_position)s::bigint)
      AND p.account = ANY (%(accounts)s::text[])
      AND p.currency = %(currency)s::text
      AND (%(stream_id)s::uuid IS NULL OR p.stream_id = %(stream_id)s::uuid)
      AND (%(after_day)s::date IS NULL
           OR (p.posted_on, p.position, p.part, p.natural_on, p.line, p.account)
              > (%(after_day)s::date, %(after_position)s::bigint, %(after_part)s::integer, %(after_natural)s::date,
                 %(after_line)s::integer, %(after_account)s::text))
    ORDER BY p.posted_on, p.position, p.part, p.natural_on, p.line, p.account
    LIMIT %(limit)s
) AS p
JOIN journal_lines AS l
  ON l.ledger_id = %(ledger_id)s AND l.generation = %(journal_generation)s AND l.position = p.position
  AND l.line = p.line
LEFT JOIN customers AS c
  ON c.ledger_id = %(ledger_id)s AND c.generation = %(customers_generation)s AND c.stream_id = p.stream_id
ORDER BY p.posted_on, p.position, p.part, p.natural_on, p.line, p.account
