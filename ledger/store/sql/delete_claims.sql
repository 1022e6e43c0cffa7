-- Claims that their holders gave back.
DELETE FROM claims AS c
USING unnest(%(kinds)s::text[], %(values)s::text[], %(stream_ids)s::uuid[]) AS g (kind, value, stream_id)
WHERE c.ledger_id = %(ledger_id)s AND c.kind = g.kind AND c.value = g.value AND c.stream_id = g.stream_id
