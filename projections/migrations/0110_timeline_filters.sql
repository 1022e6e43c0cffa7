-- What the timeline is filtered by, also where almost nothing matches: an actor's usage is found as well as what it
-- did by hand. A feature is found by reading on from the newest entry: an index of features cost every use too much.
DROP INDEX timeline_by_actor;

CREATE INDEX timeline_by_actor ON timeline (ledger_id, generation, actor, position);
CREATE INDEX timeline_by_entity ON timeline (ledger_id, generation, entity_id, position) WHERE entity_id IS NOT NULL;
