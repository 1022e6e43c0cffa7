-- What a statement begins with, what stands before one of its pages, and what it ends with.
SELECT coalesce(sum(p.amount_minor) FILTER (WHERE p.posted_on < %(from_day)s::date), 0) AS opening,
       coalesce(sum(p.amount_minor) FILTER (
           WHERE (p.posted_on, p.position, p.part, p.natural_on, p.line, p.account)
                 <= (%(after_day)s::date, %(after_position)s::bigint, %(after_part)s::integer, %(after_natural)s::date,
                     %(after_line)s::integer, %(after_account)s::text)), 0) AS carried,
       coalesce(sum(p.amount_minor), 0) AS closing
FROM journal_postings AS p
WHERE p.ledger_id = %(ledger_id)s AND p.generation = %(journal_generation)s
  AND (%(to_day)s::date IS NULL OR p.posted_on <= %(to_day)s::date)
  AND (%(upto_position)s::bigint IS NULL OR p.position <= %(upto_position)s::bigint)
  AND p.account = ANY (%(accounts)s::text[])
  AND p.currency = %(currency)s::text
  AND (%(stream_id)s::uuid IS NULL OR p.stream_id = %(stream_id)s::uuid)
