-- The entries of a batch, in the order of the log.
INSERT INTO timeline (
    ledger_id, generation, position, stream_id, customer_id, kind, sentence, actor, on_behalf_of, reason,
    request_id, at, recorded_at, before, after, feature_ids, entity_id, plan_id, amount, links, known_as, reverses
)
SELECT
    %(ledger_id)s, %(generation)s, r.position, r.stream_id, r.customer_id, r.kind, r.sentence, r.actor,
    r.on_behalf_of, r.reason, r.request_id, r.at, r.recorded_at, r.before::jsonb, r.after::jsonb,
    r.feature_ids::text[], r.entity_id, r.plan_id, r.amount::numeric, r.links::jsonb, r.known_as, r.reverses
FROM unnest(
    %(position)s::bigint[], %(stream_id)s::uuid[], %(customer_id)s::text[], %(kind)s::text[], %(sentence)s::text[],
    %(actor)s::text[], %(on_behalf_of)s::text[], %(reason)s::text[], %(request_id)s::text[], %(at)s::timestamptz[],
    %(recorded_at)s::timestamptz[], %(before)s::text[], %(after)s::text[], %(feature_ids)s::text[],
    %(entity_id)s::text[], %(plan_id)s::text[], %(amount)s::text[], %(links)s::text[], %(known_as)s::text[],
    %(reverses)s::bigint[]
) AS r (
    position, stream_id, customer_id, kind, sentence, actor, on_behalf_of, reason, request_id, at, recorded_at,
    before, after, feature_ids, entity_id, plan_id, amount, links, known_as, reverses
)
