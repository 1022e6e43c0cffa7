-- A small step in deleting a generation of usage that nobody reads any more: its sums of the whole ledger.
DELETE FROM usage_sums
WHERE ledger_id = %(ledger_id)s AND generation = %(generation)s AND (cell, feature_id) IN (
    SELECT cell, feature_id FROM usage_sums
    WHERE ledger_id = %(ledger_id)s AND generation = %(generation)s
    ORDER BY cell, feature_id LIMIT %(limit)s
)
