-- What a batch adds to the sums of customers with a long history. Where it is the first to do so, what they used before
-- is added with it, from the rows of their first thousand events (LONG_STREAM), which were written before. Written so
-- that each customer is looked up by itself: in a young database nothing is known of how many rows there are.
INSERT INTO usage_stream_sums AS s (
    ledger_id, generation, stream_id, cell, feature_id, entity_id, value, uses, deducted, on_credits
)
WITH added AS (
    SELECT a.stream_id, a.cell, a.feature_id, a.entity_id, a.value::numeric AS value, a.uses,
           a.deducted::numeric AS deducted, a.on_credits
    FROM unnest(
        %(stream_id)s::uuid[], %(cell)s::timestamptz[], %(feature_id)s::text[], %(entity_id)s::text[],
        %(value)s::text[], %(uses)s::bigint[], %(deducted)s::text[], %(on_credits)s::bigint[]
    ) AS a (stream_id, cell, feature_id, entity_id, value, uses, deducted, on_credits)
), begun AS MATERIALIZED (
    SELECT a.stream_id FROM (SELECT DISTINCT stream_id FROM added) AS a
    WHERE (SELECT 1 FROM usage_stream_sums AS known
           WHERE known.ledger_id = %(ledger_id)s AND known.generation = %(generation)s AND known.stream_id = a.stream_id
           LIMIT 1) IS NULL
), every AS (
    SELECT * FROM added
    UNION ALL
    SELECT u.stream_id, date_bin('30 minutes', u.at, 'epoch'::timestamptz), u.feature_id, coalesce(u.entity_id, ''),
           u.value, 1, coalesce(taken.deducted, 0), coalesce(taken.on_credits, 0)
    FROM begun AS b
    CROSS JOIN LATERAL (
        SELECT * FROM usage AS of_stream
        WHERE of_stream.ledger_id = %(ledger_id)s AND of_stream.generation = %(generation)s
          AND of_stream.stream_id = b.stream_id AND of_stream.version <= 1000
        OFFSET 0
    ) AS u
    CROSS JOIN LATERAL (
        SELECT sum(p.deducted) FILTER (WHERE NOT p.on_credits AND p.grant_id IS NOT NULL) AS deducted,
               max(CASE WHEN p.on_credits AND p.deducted <> 0 THEN 1 ELSE 0 END) AS on_credits
        FROM usage_parts(u.value, u.deductions) AS p
    ) AS taken
)
SELECT %(ledger_id)s, %(generation)s, e.stream_id, e.cell, e.feature_id, e.entity_id, sum(e.value), sum(e.uses),
       sum(e.deducted), sum(e.on_credits)
FROM every AS e
GROUP BY e.stream_id, e.cell, e.feature_id, e.entity_id
ON CONFLICT (ledger_id, generation, stream_id, cell, feature_id, entity_id) DO UPDATE SET
    value = s.value + excluded.value, uses = s.uses + excluded.uses, deducted = s.deducted + excluded.deducted,
    on_credits = s.on_credits + excluded.on_credits
