-- The tables of ledgers that Citus does not place yet.
SELECT t.oid::regclass::text
FROM pg_catalog.pg_class AS t
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.oid AND a.attname = 'ledger_id' AND NOT a.attisdropped
LEFT JOIN pg_catalog.pg_dist_partition AS d ON d.logicalrelid = t.oid
WHERE t.relkind = 'r' AND t.relnamespace = 'public'::regnamespace AND d.logicalrelid IS NULL
ORDER BY t.oid
