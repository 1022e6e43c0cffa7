-- Uses as they were recorded, newest first; what each took from which balance, of which plan: the parts of
-- `usage_parts` that are of one, as JSON that is put together as text, which is quicker than having it built. Each
-- balance is looked up by its key, also where nothing is known of how many there are.
SELECT u.position, u.stream_id, u.version, c.customer_id, u.feature_id, u.entity_id, u.event_name, u.value, u.at,
       coalesce(u.booked_at, u.at), u.properties::text,
       (SELECT '[' || string_agg(
            '{"units": ' || trim_scale(coalesce(p.part ->> 2, p.part ->> 1)::numeric)
            || ', "value": ' || trim_scale((p.part ->> 1)::numeric)
            || ', "plan_id": ' || coalesce(to_json(g.plan_id)::text, 'null')
            || ', "balance_id": ' || to_json(coalesce(
                g.balance_id,
                %(balance_prefix)s || '_' || replace(u.stream_id::text, '-', '')
                || '_' || replace(g.grant_id, '.', '_')))
            || ', "feature_id": ' || to_json(g.feature_id) || '}', ', ') || ']'
        FROM jsonb_array_elements(u.deductions) AS p (part)
        CROSS JOIN LATERAL (
            SELECT * FROM usage_grants AS g
            WHERE g.ledger_id = %(ledger_id)s AND g.generation = %(usage_generation)s AND g.stream_id = u.stream_id
              AND g.grant_id = p.part ->> 0
            LIMIT 1) AS g)
FROM usage AS u
LEFT JOIN customers AS c
  ON c.ledger_id = %(ledger_id)s AND c.generation = %(customers_generation)s AND c.stream_id = u.stream_id
WHERE u.ledger_id = %(ledger_id)s AND u.generation = %(usage_generation)s
  AND (%(stream_id)s::uuid IS NULL OR u.stream_id = %(stream_id)s::uuid)
  AND (%(feature_ids)s::text[] IS NULL OR u.feature_id = ANY (%(feature_ids)s::text[]))
  AND (%(entity_id)s::text IS NULL OR u.entity_id = %(entity_id)s::text)
  AND (NOT %(no_entity)s OR u.entity_id IS NULL)
  AND (%(event_name)s::text IS NULL OR u.event_name = %(event_name)s::text)
  AND (%(upto_position)s::bigint IS NULL OR u.position <= %(upto_position)s::bigint)
  AND (%(names)s::text[] IS NULL OR NOT EXISTS (
      SELECT FROM unnest(%(names)s::text[], %(wanted)s::text[]) AS asked (name, wanted)
      WHERE usage_property(u.properties, asked.name) IS DISTINCT FROM asked.wanted))
  AND (%(used_from)s::timestamptz IS NULL OR u.at >= %(used_from)s::timestamptz)
  AND (%(used_to)s::timestamptz IS NULL OR u.at < %(used_to)s::timestamptz)
  AND ((%(plan_id)s::text IS NULL AND NOT %(no_plan)s AND %(balance_feature_id)s::text IS NULL
        AND %(outside)s::text[] IS NULL)
       OR EXISTS (
      SELECT FROM usage_parts(u.value, u.deductions) AS p
      LEFT JOIN usage_grants AS g
        ON g.ledger_id = %(ledger_id)s AND g.generation = %(usage_generation)s AND g.stream_id = u.stream_id
        AND g.grant_id = p.grant_id
      WHERE (%(plan_id)s::text IS NULL OR g.plan_id = %(plan_id)s::text)
        AND (NOT %(no_plan)s OR g.plan_id IS NULL)
        AND (%(balance_feature_id)s::text IS NULL OR g.feature_id = %(balance_feature_id)s::text)
        AND (%(outside)s::text[] IS NULL OR jsonb_build_array(
            CASE WHEN %(by_feature)s THEN u.feature_id END, CASE WHEN %(by_balance)s THEN g.feature_id END,
            CASE WHEN %(by_customer)s THEN u.stream_id END, CASE WHEN %(by_entity)s THEN u.entity_id END,
            CASE WHEN %(by_plan)s THEN g.plan_id END,
            ARRAY(SELECT usage_property(u.properties, named.name)
                  FROM unnest(%(by_properties)s::text[]) WITH ORDINALITY AS named (name, place) ORDER BY named.place)
        ) <> ALL (%(outside)s::text[]::jsonb[]))))
  AND (%(after_at)s::timestamptz IS NULL
       OR (u.at, u.position) < (%(after_at)s::timestamptz, %(after_position)s::bigint))
ORDER BY u.at DESC, u.position DESC
LIMIT %(limit)s
