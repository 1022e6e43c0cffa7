-- A small step in deleting a generation of accounts that nobody reads any more.
DELETE FROM accounts
WHERE ledger_id = %(ledger_id)s AND generation = %(generation)s AND (stream_id) IN (
    SELECT stream_id FROM accounts
    WHERE ledger_id = %(ledger_id)s AND generation = %(generation)s
    ORDER BY stream_id LIMIT %(limit)s
)
