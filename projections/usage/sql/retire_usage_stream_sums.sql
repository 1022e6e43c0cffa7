-- A small step in deleting a generation of usage that nobody reads any more: its sums of customers.
DELETE FROM usage_stream_sums
WHERE ledger_id = %(ledger_id)s AND generation = %(generation)s AND (stream_id, cell, feature_id, entity_id) IN (
    SELECT stream_id, cell, feature_id, entity_id FROM usage_stream_sums
    WHERE ledger_id = %(ledger_id)s AND generation = %(generation)s
    ORDER BY stream_id, cell, feature_id, entity_id LIMIT %(limit)s
)
