-- The last position that was recorded at an instant or before it; 0 where there was none. Halves the log, as
-- `recorded_at` never falls with the position.
WITH RECURSIVE search (low, high) AS (
    SELECT 0::bigint, %(head)s::bigint
    UNION ALL
    SELECT CASE WHEN e.recorded_at <= %(instant)s THEN e.position ELSE s.low END,
           CASE WHEN e.recorded_at <= %(instant)s THEN s.high ELSE e.position - 1 END
    FROM search AS s
    JOIN events AS e ON e.ledger_id = %(ledger_id)s AND e.position = (s.low + s.high + 1) / 2
    WHERE s.low < s.high)
SELECT low FROM search WHERE low = high
