-- All of what is searched for, looked for in each customer that has a piece of it: no index is asked.
AND strpos(a.search, %(whole)s::text) > 0
