-- A page of the timeline, newest first.
SELECT position, stream_id, customer_id, kind, sentence, actor, on_behalf_of, reason, request_id, at, recorded_at,
       before::text, after::text, feature_ids, entity_id, plan_id, amount, links::text
FROM timeline
WHERE ledger_id = %(ledger_id)s AND generation = %(timeline_generation)s
  AND (%(after)s::bigint IS NULL OR position < %(after)s::bigint)
  AND (%(stream_id)s::uuid IS NULL OR stream_id = %(stream_id)s::uuid)
  AND (%(kinds)s::text[] IS NULL OR kind = ANY (%(kinds)s::text[]))
  AND (%(actor)s::text IS NULL OR actor = %(actor)s::text)
  AND (%(feature_id)s::text IS NULL OR feature_ids @> ARRAY[%(feature_id)s::text])
  AND (%(entity_id)s::text IS NULL OR entity_id = %(entity_id)s::text)
  AND (%(plan_id)s::text IS NULL OR plan_id = %(plan_id)s::text)
  AND (%(at_from)s::timestamptz IS NULL OR at >= %(at_from)s::timestamptz)
  AND (%(at_to)s::timestamptz IS NULL OR at < %(at_to)s::timestamptz)
  AND (%(recorded_from)s::timestamptz IS NULL OR recorded_at >= %(recorded_from)s::timestamptz)
  AND (%(recorded_to)s::timestamptz IS NULL OR recorded_at < %(recorded_to)s::timestamptz)
ORDER BY position DESC
LIMIT %(limit)s
