-- Plain uses of a feature from the newest on, or from the oldest, in the order of their own index.
SELECT t.position, t.stream_id, t.customer_id, t.kind, t.sentence, t.actor, t.on_behalf_of, t.reason, t.request_id,
       t.at, t.recorded_at, t.before::text, t.after::text, t.feature_ids, t.entity_id, t.plan_id, t.amount,
       t.links::text, t.reverses,
       (SELECT r.position FROM timeline AS r
        WHERE r.ledger_id = t.ledger_id AND r.generation = t.generation AND r.reverses = t.position
          AND r.position <= %(known)s AND (%(upto_at)s::timestamptz IS NULL OR r.at <= %(upto_at)s::timestamptz)
        ORDER BY r.position LIMIT 1)
FROM timeline AS t
WHERE t.ledger_id = %(ledger_id)s AND t.generation = %(timeline_generation)s
  AND t.position BETWEEN %(first)s AND %(last)s
  AND t.known_as IS NULL AND t.feature_ids[1] = %(feature_id)s::text
  AND (%(kinds)s::text[] IS NULL OR t.kind = ANY (%(kinds)s::text[]))
  AND (%(actor)s::text IS NULL OR t.actor = %(actor)s::text)
  AND (%(at_from)s::timestamptz IS NULL OR t.at >= %(at_from)s::timestamptz)
  AND (%(at_to)s::timestamptz IS NULL OR t.at < %(at_to)s::timestamptz)
  AND (%(upto_at)s::timestamptz IS NULL OR t.at <= %(upto_at)s::timestamptz)
ORDER BY t.position {way}
LIMIT %(limit)s
