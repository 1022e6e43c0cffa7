-- As sum_uses, where it matters what uses took from which balance: each use in its parts. What no balance covered is a
-- part of no plan. A use counts once in every group that it has a part in.
WITH used AS (
    SELECT width_bucket(u.at, %(edges)s::timestamptz[]) - 1 AS bin,
           CASE WHEN %(by_feature)s THEN u.feature_id END AS feature_id,
           CASE WHEN %(by_balance)s THEN g.feature_id END AS taken_from,
           CASE WHEN %(by_customer)s THEN u.stream_id END AS stream_id,
           CASE WHEN %(by_entity)s THEN u.entity_id END AS entity_id,
           CASE WHEN %(by_plan)s THEN g.plan_id END AS plan_id,
           CASE WHEN %(by_grant)s THEN p.grant_id END AS grant_id,
           CASE WHEN cardinality(%(by_properties)s::text[]) > 0 THEN ARRAY(
               SELECT usage_property(u.properties, named.name)
               FROM unnest(%(by_properties)s::text[]) WITH ORDINALITY AS named (name, place) ORDER BY named.place
           ) END AS properties,
           p.units, p.deducted, u.position
    FROM unnest(%(lower)s::timestamptz[], %(upper)s::timestamptz[]) AS span (lower, upper)
    JOIN usage AS u
      ON u.ledger_id = %(ledger_id)s AND u.generation = %(usage_generation)s
      AND u.at >= span.lower AND u.at < span.upper
    CROSS JOIN LATERAL usage_parts(u.value, u.deductions) AS p
    LEFT JOIN usage_grants AS g
      ON g.ledger_id = %(ledger_id)s AND g.generation = %(usage_generation)s AND g.stream_id = u.stream_id
      AND g.grant_id = p.grant_id
    WHERE (%(stream_id)s::uuid IS NULL OR u.stream_id = %(stream_id)s::uuid)
      AND (%(feature_ids)s::text[] IS NULL OR u.feature_id = ANY (%(feature_ids)s::text[]))
      AND (%(entity_id)s::text IS NULL OR u.entity_id = %(entity_id)s::text)
      AND (NOT %(no_entity)s OR u.entity_id IS NULL)
      AND (%(event_name)s::text IS NULL OR u.event_name = %(event_name)s::text)
      AND (%(upto_position)s::bigint IS NULL OR u.position <= %(upto_position)s::bigint)
      AND (%(names)s::text[] IS NULL OR NOT EXISTS (
          SELECT FROM unnest(%(names)s::text[], %(wanted)s::text[]) AS asked (name, wanted)
          WHERE usage_property(u.properties, asked.name) IS DISTINCT FROM asked.wanted))
      AND (%(plan_id)s::text IS NULL OR g.plan_id = %(plan_id)s::text)
      AND (NOT %(no_plan)s OR g.plan_id IS NULL)
      AND (%(balance_feature_id)s::text IS NULL OR g.feature_id = %(balance_feature_id)s::text)
      AND (%(measure)s <> 'deducted' OR p.deducted <> 0)
), grouped AS (
    SELECT bin, feature_id, taken_from, stream_id, entity_id, plan_id, grant_id, properties,
           sum(units) AS value, count(DISTINCT position) AS uses, sum(deducted) AS deducted
    FROM used GROUP BY bin, feature_id, taken_from, stream_id, entity_id, plan_id, grant_id, properties
), weighed AS (
    SELECT *, sum(CASE %(measure)s WHEN 'count' THEN uses WHEN 'deducted' THEN deducted ELSE value END) OVER (
                  PARTITION BY feature_id, taken_from, stream_id, entity_id, plan_id, properties) AS weight
    FROM grouped
), placed AS (
    SELECT *, %(top)s::bigint IS NOT NULL AND dense_rank() OVER (
                  PARTITION BY CASE WHEN NOT %(rank_features)s THEN feature_id END, taken_from
                  ORDER BY abs(weight) DESC, feature_id, stream_id, entity_id, plan_id, properties) > %(top)s AS rest
    FROM weighed
)
SELECT bin, CASE WHEN NOT rest OR NOT %(rank_features)s THEN feature_id END, taken_from,
       CASE WHEN NOT rest THEN stream_id END, CASE WHEN NOT rest THEN entity_id END,
       CASE WHEN NOT rest THEN plan_id END, grant_id, CASE WHEN NOT rest THEN properties END, rest, sum(value), sum(uses)::bigint, sum(deducted)
FROM placed
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
LIMIT %(most)s
