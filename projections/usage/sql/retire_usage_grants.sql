-- A small step in deleting a generation of usage that nobody reads any more: its grants that uses took from.
DELETE FROM usage_grants
WHERE ledger_id = %(ledger_id)s AND generation = %(generation)s AND (stream_id, grant_id) IN (
    SELECT stream_id, grant_id FROM usage_grants
    WHERE ledger_id = %(ledger_id)s AND generation = %(generation)s
    ORDER BY stream_id, grant_id LIMIT %(limit)s
)
