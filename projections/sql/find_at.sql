-- About where a ledger came to an instant of business time. Halves the timeline as if `at` never fell with the position:
-- it seldom does, and who asks looks on both sides.
WITH RECURSIVE search (low, high) AS (
    SELECT 1::bigint, %(end)s::bigint
    UNION ALL
    SELECT CASE WHEN t.at >= %(instant)s THEN s.low ELSE t.position + 1 END,
           CASE WHEN t.at >= %(instant)s THEN t.position ELSE s.high END
    FROM search AS s
    JOIN timeline AS t ON t.ledger_id = %(ledger_id)s AND t.generation = %(timeline_generation)s
     AND t.position = (s.low + s.high) / 2
    WHERE s.low < s.high)
SELECT low FROM search WHERE low = high
