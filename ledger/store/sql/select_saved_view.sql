-- One view.
SELECT view_id, name, query, created_at, created_by, updated_at, updated_by
FROM saved_views WHERE ledger_id = %(ledger_id)s AND view_id = %(view_id)s
