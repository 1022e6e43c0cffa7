-- The views of a ledger, by name.
SELECT view_id, name, query, created_at, created_by, updated_at, updated_by
FROM saved_views WHERE ledger_id = %(ledger_id)s ORDER BY lower(name), name
