-- What stands on each account in each currency: before a day, what came on either side until another day, and after it.
SELECT p.account, p.currency,
       coalesce(sum(p.amount_minor) FILTER (WHERE p.posted_on < %(from_day)s::date), 0) AS opening,
       coalesce(sum(p.amount_minor) FILTER (
           WHERE p.amount_minor > 0 AND (%(from_day)s::date IS NULL OR p.posted_on >= %(from_day)s::date)), 0) AS debits,
       coalesce(-sum(p.amount_minor) FILTER (
           WHERE p.amount_minor < 0 AND (%(from_day)s::date IS NULL OR p.posted_on >= %(from_day)s::date)), 0) AS credits
FROM journal_postings AS p
WHERE p.ledger_id = %(ledger_id)s AND p.generation = %(journal_generation)s
  AND (%(to_day)s::date IS NULL OR p.posted_on <= %(to_day)s::date)
  AND (%(upto_position)s::bigint IS NULL OR p.position <= %(upto_position)s::bigint)
  AND (%(accounts)s::text[] IS NULL OR p.account = ANY (%(accounts)s::text[]))
  AND (%(currency)s::text IS NULL OR p.currency = %(currency)s::text)
  AND (%(stream_id)s::uuid IS NULL OR p.stream_id = %(stream_id)s::uuid)
GROUP BY p.account, p.currency
ORDER BY p.account, p.currency
