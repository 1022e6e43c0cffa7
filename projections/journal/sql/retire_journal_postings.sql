-- A small step in deleting a generation of postings that nobody reads any more: those of its earliest days.
DELETE FROM journal_postings
WHERE ledger_id = %(ledger_id)s AND generation = %(generation)s
  AND (posted_on, position, part, natural_on, line, account) IN (
    SELECT posted_on, position, part, natural_on, line, account FROM journal_postings
    WHERE ledger_id = %(ledger_id)s AND generation = %(generation)s
    ORDER BY posted_on, position, part, natural_on, line, account LIMIT %(limit)s
)
