-- A small step in deleting a generation of accounts_past that nobody reads any more.
DELETE FROM accounts_past
WHERE ledger_id = %(ledger_id)s AND generation = %(generation)s AND (stream_id, from_position) IN (
    SELECT stream_id, from_position FROM accounts_past
    WHERE ledger_id = %(ledger_id)s AND generation = %(generation)s
    ORDER BY stream_id, from_position LIMIT %(limit)s
)
