-- The first position that was recorded at an instant or after it; one past the last where there is none. Halves the
-- timeline, as `recorded_at` never falls with the position.
WITH RECURSIVE search (low, high) AS (
    SELECT 1::bigint, %(end)s::bigint
    UNION ALL
    SELECT CASE WHEN t.recorded_at >= %(instant)s THEN s.low ELSE t.position + 1 END,
           CASE WHEN t.recorded_at >= %(instant)s THEN t.position ELSE s.high END
    FROM search AS s
    JOIN timeline AS t ON t.ledger_id = %(ledger_id)s AND t.generation = %(timeline_generation)s
     AND t.position = (s.low + s.high) / 2
    WHERE s.low < s.high)
SELECT low FROM search WHERE low = high
