-- Views of the customer list that people have named: the query string of each. Rows and not events, since they change
-- nothing that is owed or owned.
CREATE TABLE saved_views (
    ledger_id  text COLLATE "C" NOT NULL,
    view_id    text COLLATE "C" NOT NULL,
    name       text NOT NULL,
    query      text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    created_by text NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_by text NOT NULL,
    PRIMARY KEY (ledger_id, view_id)
);

CREATE UNIQUE INDEX saved_views_by_name ON saved_views (ledger_id, name);

GRANT SELECT, INSERT, UPDATE, DELETE ON saved_views TO tallystick_app;
