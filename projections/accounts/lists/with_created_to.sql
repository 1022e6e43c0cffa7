-- Created up to this instant.
AND a.created_at <= %(created_to)s::timestamptz
