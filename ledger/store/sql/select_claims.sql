-- Who holds the given claims.
SELECT c.kind, c.value, c.stream_id
FROM unnest(%(kinds)s::text[], %(values)s::text[]) AS asked (kind, value)
JOIN claims AS c ON c.ledger_id = %(ledger_id)s AND c.kind = asked.kind AND c.value = asked.value
