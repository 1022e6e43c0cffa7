-- The newest kept state of some streams. Not for whom has been forgotten meanwhile: a writer may still know the key.
INSERT INTO snapshots (ledger_id, stream_id, version, last_at, code_version, sealed, state)
SELECT %(ledger_id)s, s.stream_id, s.version, s.last_at, %(code_version)s, s.sealed, s.state
FROM unnest(%(stream_ids)s::uuid[], %(versions)s::integer[], %(last_ats)s::timestamptz[], %(sealed)s::boolean[],
            %(states)s::bytea[])
     AS s (stream_id, version, last_at, sealed, state)
LEFT JOIN data_keys AS k ON k.ledger_id = %(ledger_id)s AND k.stream_id = s.stream_id
WHERE NOT s.sealed OR k.wrapped_key IS NOT NULL
ON CONFLICT (ledger_id, stream_id) DO UPDATE
SET version = excluded.version, last_at = excluded.last_at, code_version = excluded.code_version,
    sealed = excluded.sealed, state = excluded.state
