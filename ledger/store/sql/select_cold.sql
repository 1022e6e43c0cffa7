-- What folds some streams to the present: the state that was kept of each, where this version of the code may use it, its
-- data key, and its events since: at most so many, oldest first, as one JSON array without its brackets. A row for each
-- event would cost the database and the writer more than the event itself.
-- The LIMITs keep this a look-up by key for every stream, whatever the planner thinks of the tables' sizes.
SELECT wanted.stream_id,
       kept.version, kept.last_at, kept.sealed, kept.state,
       key.stream_id IS NOT NULL, key.wrapped_key,
       tail.version, tail.last_at, tail.states
FROM unnest(%(stream_ids)s::uuid[], %(afters)s::integer[]) AS wanted (stream_id, after)
LEFT JOIN LATERAL (
    SELECT s.version, s.last_at, s.sealed, s.state FROM snapshots AS s
    WHERE s.ledger_id = %(ledger_id)s AND s.stream_id = wanted.stream_id AND s.code_version = %(code_version)s
    LIMIT 1
) AS kept ON true
LEFT JOIN LATERAL (
    SELECT k.stream_id, k.wrapped_key FROM data_keys AS k
    WHERE k.ledger_id = %(ledger_id)s AND k.stream_id = wanted.stream_id
    LIMIT 1
) AS key ON true
CROSS JOIN LATERAL (
    SELECT max(e.version) AS version, max(e.at) AS last_at, string_agg(e.state, ','::bytea ORDER BY e.version) AS states
    FROM (
        SELECT version, at, state FROM events
        WHERE ledger_id = %(ledger_id)s AND stream_id = wanted.stream_id
          AND version > greatest(wanted.after, coalesce(kept.version, 0))
        ORDER BY version
        LIMIT %(most)s
    ) AS e
) AS tail
