-- Entries of the books by their days, each with all of its lines: those that have a line that is asked for.
-- Customers who are gone stay in the books. Lines that are rare are found once, all of them; the kinds that nearly every
-- line is of are come upon by reading on, and each line is looked at by itself: that is what its CASE is for.
WITH entries AS (
    SELECT DISTINCT p.posted_on, p.position, p.part, p.natural_on
    FROM journal_postings AS p
    WHERE p.ledger_id = %(ledger_id)s AND p.generation = %(journal_generation)s
      AND (%(from_day)s::date IS NULL OR p.posted_on >= %(from_day)s::date)
      AND (%(to_day)s::date IS NULL OR p.posted_on <= %(to_day)s::date)
      AND (%(upto_position)s::bigint IS NULL OR p.position <= %(upto_position)s::bigint)
      AND (%(accounts)s::text[] IS NULL OR p.account = ANY (%(accounts)s::text[]))
      AND (%(currency)s::text IS NULL OR p.currency = %(currency)s::text)
      AND (%(stream_id)s::uuid IS NULL OR p.stream_id = %(stream_id)s::uuid)
      AND (%(stream_ids)s::uuid[] IS NULL OR p.stream_id = ANY (%(stream_ids)s::uuid[]))
      AND (%(kind)s::text IS NULL OR (%(kind)s::text = 'recognition') = (p.part <> 0))
      AND (%(of_lines)s::boolean IS NOT TRUE OR EXISTS (
          SELECT 1 FROM journal_lines AS l
          WHERE l.ledger_id = %(ledger_id)s AND l.generation = %(journal_generation)s
            AND l.position = p.position AND l.line = p.line
            AND (%(invoice_id)s::text IS NULL OR l.invoice_id = %(invoice_id)s::text)
            AND (%(plan_id)s::text IS NULL OR l.plan_id = %(plan_id)s::text)
            AND (%(feature_id)s::text IS NULL OR l.feature_id = %(feature_id)s::text)
            AND (%(line_kind)s::text IS NULL OR l.kind = %(line_kind)s::text)
            AND (%(kind_is_common)s::boolean IS NOT TRUE OR CASE WHEN p.part = 0 THEN l.kind END = %(line_kind)s::text)
      ))
      AND (%(after_day)s::date IS NULL
           OR (p.posted_on, p.position, p.part, p.natural_on)
              {beyond} (%(after_day)s::date, %(after_position)s::bigint, %(after_part)s::integer, %(after_natural)s::date))
    ORDER BY p.posted_on {way}, p.position {way}, p.part {way}, p.natural_on {way}
    LIMIT %(limit)s
)
SELECT p.posted_on, p.position, p.part, p.natural_on, p.line, p.account, p.currency, p.amount_minor, p.stream_id,
       c.customer_id, l.version, CASE WHEN p.part = 0 THEN l.kind ELSE 'recognition' END, l.invoice_id, l.number,
       l.item, l.plan_id, l.feature_id, l.entity_id, l.period_start, l.period_end, l.about_position
FROM entries AS e
JOIN journal_postings AS p
  ON p.ledger_id = %(ledger_id)s AND p.generation = %(journal_generation)s AND p.posted_on = e.posted_on
  AND p.position = e.position AND p.part = e.part AND p.natural_on = e.natural_on
JOIN journal_lines AS l
  ON l.ledger_id = %(ledger_id)s AND l.generation = %(journal_generation)s AND l.position = p.position
  AND l.line = p.line
LEFT JOIN customers AS c
  ON c.ledger_id = %(ledger_id)s AND c.generation = %(customers_generation)s AND c.stream_id = p.stream_id
ORDER BY p.posted_on {way}, p.position {way}, p.part {way}, p.natural_on {way}, p.line, p.account
