-- A small step in deleting a generation of balances_ended that nobody reads any more.
DELETE FROM balances_ended
WHERE ledger_id = %(ledger_id)s AND generation = %(generation)s AND (stream_id, grant_id) IN (
    SELECT stream_id, grant_id FROM balances_ended
    WHERE ledger_id = %(ledger_id)s AND generation = %(generation)s
    ORDER BY stream_id, grant_id LIMIT %(limit)s
)
