-- A view that nobody wants any more.
DELETE FROM saved_views WHERE ledger_id = %(ledger_id)s AND view_id = %(view_id)s
