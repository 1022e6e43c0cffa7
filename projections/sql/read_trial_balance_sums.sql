-- What stands on each account in each currency, of everybody and as far as is known: from the sums of its days.
SELECT s.account, s.currency,
       coalesce(sum(s.debits_minor - s.credits_minor) FILTER (WHERE s.posted_on < %(from_day)s::date), 0) AS opening,
       coalesce(sum(s.debits_minor) FILTER (
           WHERE %(from_day)s::date IS NULL OR s.posted_on >= %(from_day)s::date), 0) AS debits,
       coalesce(sum(s.credits_minor) FILTER (
           WHERE %(from_day)s::date IS NULL OR s.posted_on >= %(from_day)s::date), 0) AS credits
FROM journal_sums AS s
WHERE s.ledger_id = %(ledger_id)s AND s.generation = %(journal_generation)s
  AND (%(to_day)s::date IS NULL OR s.posted_on <= %(to_day)s::date)
  AND (%(accounts)s::text[] IS NULL OR s.account = ANY (%(accounts)s::text[]))
  AND (%(currency)s::text IS NULL OR s.currency = %(currency)s::text)
GROUP BY s.account, s.currency
ORDER BY s.account, s.currency
