-- A small step in deleting a generation of postings that nobody reads any more: those of its earliest days.
-- By place: found by key, a join without statistics would compare every row with every other.
DELETE FROM journal_postings
WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM journal_postings
    WHERE ledger_id = %(ledger_id)s AND generation = %(generation)s
    ORDER BY posted_on, position, part, natural_on, line, account LIMIT %(limit)s
))
