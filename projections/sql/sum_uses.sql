-- Uses summed by bin and group from their rows, in some spans of time; groups beyond the first `top` are one, the rest.
WITH used AS (
    SELECT width_bucket(u.at, %(edges)s::timestamptz[]) - 1 AS bin,
           CASE WHEN %(by_feature)s THEN u.feature_id END AS feature_id,
           CASE WHEN %(by_customer)s THEN u.stream_id END AS stream_id,
           CASE WHEN %(by_entity)s THEN u.entity_id END AS entity_id,
           CASE WHEN cardinality(%(by_properties)s::text[]) > 0 THEN ARRAY(
               SELECT usage_property(u.properties, named.name)
               FROM unnest(%(by_properties)s::text[]) WITH ORDINALITY AS named (name, place) ORDER BY named.place
           ) END AS properties,
           u.value
    FROM unnest(%(lower)s::timestamptz[], %(upper)s::timestamptz[]) AS span (lower, upper)
    JOIN usage AS u
      ON u.ledger_id = %(ledger_id)s AND u.generation = %(usage_generation)s
      AND u.at >= span.lower AND u.at < span.upper
    WHERE (%(stream_id)s::uuid IS NULL OR u.stream_id = %(stream_id)s::uuid)
      AND (%(feature_ids)s::text[] IS NULL OR u.feature_id = ANY (%(feature_ids)s::text[]))
      AND (%(entity_id)s::text IS NULL OR u.entity_id = %(entity_id)s::text)
      AND (NOT %(no_entity)s OR u.entity_id IS NULL)
      AND (%(event_name)s::text IS NULL OR u.event_name = %(event_name)s::text)
      AND (%(upto_position)s::bigint IS NULL OR u.position <= %(upto_position)s::bigint)
      AND (%(names)s::text[] IS NULL OR NOT EXISTS (
          SELECT FROM unnest(%(names)s::text[], %(wanted)s::text[]) AS asked (name, wanted)
          WHERE usage_property(u.properties, asked.name) IS DISTINCT FROM asked.wanted))
), grouped AS (
    SELECT bin, feature_id, stream_id, entity_id, properties, sum(value) AS value, count(*) AS uses
    FROM used GROUP BY bin, feature_id, stream_id, entity_id, properties
), weighed AS (
    SELECT *, sum(CASE WHEN %(measure)s = 'count' THEN uses ELSE value END) OVER (
                  PARTITION BY feature_id, stream_id, entity_id, properties) AS weight
    FROM grouped
), placed AS (
    SELECT *, %(top)s::bigint IS NOT NULL AND dense_rank() OVER (
                  PARTITION BY CASE WHEN NOT %(rank_features)s THEN feature_id END
                  ORDER BY abs(weight) DESC, feature_id, stream_id, entity_id, properties) > %(top)s AS rest
    FROM weighed
)
SELECT bin, CASE WHEN NOT rest OR NOT %(rank_features)s THEN feature_id END, NULL::text,
       CASE WHEN NOT rest THEN stream_id END, CASE WHEN NOT rest THEN entity_id END, NULL::text, NULL::text,
       CASE WHEN NOT rest THEN properties END, rest, sum(value), sum(uses)::bigint, 0::numeric
FROM placed
GROUP BY 1, 2, 4, 5, 8, 9
LIMIT %(most)s
