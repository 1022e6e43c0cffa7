-- Tables with so many rows that are new since PostgreSQL looked at them that it plans as if they were small or empty.
SELECT c.relname FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_stat_user_tables AS s ON s.relid = c.oid
WHERE c.oid = ANY (SELECT to_regclass(named.name) FROM unnest(%(tables)s::text[]) AS named (name))
  AND s.n_mod_since_analyze >= %(few)s AND s.n_mod_since_analyze >= %(growth)s * greatest(c.reltuples, 0)
ORDER BY c.relpages, c.relname
