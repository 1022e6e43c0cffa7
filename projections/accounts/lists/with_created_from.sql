-- Created from this instant on.
AND a.created_at >= %(created_from)s::timestamptz
