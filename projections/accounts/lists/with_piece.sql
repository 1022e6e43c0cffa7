-- A piece of what is searched for.
AND a.search LIKE %(piece)s::text
