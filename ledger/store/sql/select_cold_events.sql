-- The events of some streams that come after their usable snapshot, each stream oldest first.
SELECT e.position, e.stream_id, e.version, e.type, e.state, e.actor, e.at
FROM unnest(%(stream_ids)s::uuid[]) AS wanted (stream_id)
LEFT JOIN snapshots AS s
  ON s.ledger_id = %(ledger_id)s AND s.stream_id = wanted.stream_id AND s.code_version = %(code_version)s
JOIN events AS e
  ON e.ledger_id = %(ledger_id)s AND e.stream_id = wanted.stream_id AND e.version > coalesce(s.version, 0)
ORDER BY e.stream_id, e.version
