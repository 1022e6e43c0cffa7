-- Which migrations this database has.
SELECT number, checksum FROM schema_migrations
