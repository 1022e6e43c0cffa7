-- A small step in deleting a generation of balance_sums that nobody reads any more.
DELETE FROM balance_sums
WHERE ledger_id = %(ledger_id)s AND generation = %(generation)s AND (stream_id, feature_id) IN (
    SELECT stream_id, feature_id FROM balance_sums
    WHERE ledger_id = %(ledger_id)s AND generation = %(generation)s
    ORDER BY stream_id, feature_id LIMIT %(limit)s
)
