-- A small step in deleting a generation of the accounts' days that nobody reads any more.
DELETE FROM journal_sums
WHERE ledger_id = %(ledger_id)s AND generation = %(generation)s AND (account, currency, posted_on) IN (
    SELECT account, currency, posted_on FROM journal_sums
    WHERE ledger_id = %(ledger_id)s AND generation = %(generation)s
    ORDER BY account, currency, posted_on LIMIT %(limit)s
)
