-- A new view, unless its name is taken.
INSERT INTO saved_views (ledger_id, view_id, name, query, created_by, updated_by)
VALUES (%(ledger_id)s, %(view_id)s, %(name)s, %(query)s, %(by)s, %(by)s)
ON CONFLICT DO NOTHING
RETURNING view_id, name, query, created_at, created_by, updated_at, updated_by
