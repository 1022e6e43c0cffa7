-- A small step in deleting a generation of the accounts' days that nobody reads any more.
-- By place: found by key, a join without statistics would compare every row with every other.
DELETE FROM journal_sums
WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM journal_sums
    WHERE ledger_id = %(ledger_id)s AND generation = %(generation)s
    ORDER BY account, currency, posted_on LIMIT %(limit)s
))
