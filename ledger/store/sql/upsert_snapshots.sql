-- The newest kept state of some streams.
INSERT INTO snapshots (ledger_id, stream_id, version, last_at, code_version, sealed, state)
SELECT %(ledger_id)s, s.stream_id, s.version, s.last_at, %(code_version)s, s.sealed, s.state
FROM unnest(%(stream_ids)s::uuid[], %(versions)s::integer[], %(last_ats)s::timestamptz[], %(sealed)s::boolean[], %(states)s::bytea[])
     AS s (stream_id, version, last_at, sealed, state)
ON CONFLICT (ledger_id, stream_id) DO UPDATE
SET version = excluded.version, last_at = excluded.last_at, code_version = excluded.code_version,
    sealed = excluded.sealed, state = excluded.state
