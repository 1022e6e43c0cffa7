-- Another name or another query for a view; what is not given stays.
UPDATE saved_views
SET name = coalesce(%(name)s::text, name), query = coalesce(%(query)s::text, query),
    updated_at = clock_timestamp(), updated_by = %(by)s
WHERE ledger_id = %(ledger_id)s AND view_id = %(view_id)s
RETURNING view_id, name, query, created_at, created_by, updated_at, updated_by
