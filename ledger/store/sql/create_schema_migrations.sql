-- Which migrations this database has, with the checksum of each file as it was applied.
CREATE TABLE IF NOT EXISTS schema_migrations (
    number     integer PRIMARY KEY,
    name       text NOT NULL,
    checksum   text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Anyone who works here may ask whether the schema is as new as the program.
GRANT SELECT ON schema_migrations TO tallystick_app
