-- From which position on everything of a stream was true at an instant or after it. Halves the timeline, as `at` never
-- falls within a stream.
WITH RECURSIVE search (low, high) AS (
    SELECT 1::bigint, %(end)s::bigint
    UNION ALL
    SELECT CASE WHEN n.at < %(instant)s THEN n.position + 1 ELSE s.low END,
           CASE WHEN n.at < %(instant)s THEN s.high ELSE (s.low + s.high) / 2 END
    FROM search AS s
    LEFT JOIN LATERAL (
        SELECT t.position, t.at FROM timeline AS t
        WHERE t.ledger_id = %(ledger_id)s AND t.generation = %(timeline_generation)s
          AND t.stream_id = %(stream_id)s AND t.position >= (s.low + s.high) / 2 AND t.position < s.high
        ORDER BY t.position LIMIT 1) AS n ON true
    WHERE s.low < s.high)
SELECT low FROM search WHERE low = high
