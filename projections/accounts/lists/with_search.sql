-- A part of the id, the name or the e-mail address, in any case.
AND a.search LIKE %(search)s::text
