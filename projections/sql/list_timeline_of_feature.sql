-- What touched a feature, from the newest on: plain uses in the order of their own index, and what is told of besides.
SELECT t.position, t.stream_id, t.customer_id, t.kind, t.sentence, t.actor, t.on_behalf_of, t.reason, t.request_id,
       t.at, t.recorded_at, t.before::text, t.after::text, t.feature_ids, t.entity_id, t.plan_id, t.amount,
       t.links::text, t.reverses,
       (SELECT r.position FROM timeline AS r
        WHERE r.ledger_id = t.ledger_id AND r.generation = t.generation AND r.reverses = t.position
          AND r.position <= %(known)s ORDER BY r.position LIMIT 1)
FROM (
    (SELECT u.position FROM timeline AS u
     WHERE u.ledger_id = %(ledger_id)s AND u.generation = %(timeline_generation)s
       AND u.position BETWEEN %(first)s AND %(last)s
       AND u.known_as IS NULL AND u.feature_ids[1] = %(feature_id)s::text
       AND (%(kinds)s::text[] IS NULL OR u.kind = ANY (%(kinds)s::text[]))
       AND (%(actor)s::text IS NULL OR u.actor = %(actor)s::text)
       AND (%(entity_id)s::text IS NULL OR u.entity_id = %(entity_id)s::text)
       AND (%(upto_at)s::timestamptz IS NULL OR u.at <= %(upto_at)s::timestamptz)
     ORDER BY u.position DESC LIMIT %(limit)s)
    UNION ALL
    (SELECT u.position FROM timeline AS u
     WHERE u.ledger_id = %(ledger_id)s AND u.generation = %(timeline_generation)s
       AND u.position BETWEEN %(first)s AND %(last)s
       AND u.known_as IS NOT NULL AND u.feature_ids @> ARRAY[%(feature_id)s::text]
       AND (%(kinds)s::text[] IS NULL OR u.kind = ANY (%(kinds)s::text[]))
       AND (%(actor)s::text IS NULL OR u.actor = %(actor)s::text)
       AND (%(entity_id)s::text IS NULL OR u.entity_id = %(entity_id)s::text)
       AND (%(upto_at)s::timestamptz IS NULL OR u.at <= %(upto_at)s::timestamptz)
     ORDER BY u.position DESC LIMIT %(limit)s)
    ORDER BY position DESC LIMIT %(limit)s
) AS found
JOIN timeline AS t
  ON t.ledger_id = %(ledger_id)s AND t.generation = %(timeline_generation)s AND t.position = found.position
ORDER BY t.position DESC
