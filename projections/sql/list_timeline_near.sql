-- A short look along the timeline from either end, whatever is kept of it: what is common is met at once. Walked and
-- then filtered, so that no index of what is rare is asked.
SELECT t.position, t.stream_id, t.customer_id, t.kind, t.sentence, t.actor, t.on_behalf_of, t.reason, t.request_id,
       t.at, t.recorded_at, t.before::text, t.after::text, t.feature_ids, t.entity_id, t.plan_id, t.amount,
       t.links::text, t.reverses,
       (SELECT r.position FROM timeline AS r
        WHERE r.ledger_id = t.ledger_id AND r.generation = t.generation AND r.reverses = t.position
          AND r.position <= %(known)s AND (%(upto_at)s::timestamptz IS NULL OR r.at <= %(upto_at)s::timestamptz)
        ORDER BY r.position LIMIT 1)
FROM (
    SELECT w.* FROM timeline AS w
    WHERE w.ledger_id = %(ledger_id)s AND w.generation = %(timeline_generation)s
      AND w.position BETWEEN %(first)s AND %(last)s
      AND (%(told)s::boolean IS NOT TRUE OR w.known_as IS NOT NULL)
      AND (%(stream_id)s::uuid IS NULL OR w.stream_id = %(stream_id)s::uuid)
    ORDER BY w.position {way}
    LIMIT %(look)s
) AS t
WHERE (%(kinds)s::text[] IS NULL OR t.kind = ANY (%(kinds)s::text[]))
  AND (%(actor)s::text IS NULL OR t.actor = %(actor)s::text)
  AND (%(entity_id)s::text IS NULL OR t.entity_id = %(entity_id)s::text)
  AND (%(plan_id)s::text IS NULL OR t.plan_id = %(plan_id)s::text)
  AND (%(amount_from)s::numeric IS NULL OR t.amount >= %(amount_from)s::numeric)
  AND (%(amount_to)s::numeric IS NULL OR t.amount <= %(amount_to)s::numeric)
  AND (%(at_from)s::timestamptz IS NULL OR t.at >= %(at_from)s::timestamptz)
  AND (%(at_to)s::timestamptz IS NULL OR t.at < %(at_to)s::timestamptz)
  AND (%(upto_at)s::timestamptz IS NULL OR t.at <= %(upto_at)s::timestamptz)
  AND (%(words)s::text IS NULL OR t.sentence || ' ' || t.known_as ILIKE %(words)s::text)
  AND (%(feature_id)s::text IS NULL
       OR (t.known_as IS NULL AND t.feature_ids[1] = %(feature_id)s::text)
       OR (t.known_as IS NOT NULL AND t.feature_ids @> ARRAY[%(feature_id)s::text]))
ORDER BY t.position {way}
LIMIT %(limit)s
