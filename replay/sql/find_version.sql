-- How far a stream had come at a moment: its last event inside, and whether another one had been recorded by then.
-- Halves the stream, as neither its positions nor its instants ever fall with the version; LIMIT keeps every step a look
-- at one row.
WITH RECURSIVE search (low, high) AS (
    (SELECT 0, version FROM events
     WHERE ledger_id = %(ledger_id)s AND stream_id = %(stream_id)s ORDER BY version DESC LIMIT 1)
    UNION ALL
    SELECT CASE WHEN middle.inside THEN middle.version ELSE s.low END,
           CASE WHEN middle.inside THEN s.high ELSE middle.version - 1 END
    FROM search AS s
    CROSS JOIN LATERAL (
        SELECT e.version,
               e.position <= %(upto_position)s
               AND (%(upto_at)s::timestamptz IS NULL OR e.at <= %(upto_at)s::timestamptz) AS inside
        FROM events AS e
        WHERE e.ledger_id = %(ledger_id)s AND e.stream_id = %(stream_id)s AND e.version = (s.low + s.high + 1) / 2
        LIMIT 1) AS middle
    WHERE s.low < s.high)
SELECT e.version, e.position, e.at,
       (SELECT n.position FROM events AS n
        WHERE n.ledger_id = %(ledger_id)s AND n.stream_id = %(stream_id)s AND n.version = s.low + 1
        LIMIT 1) <= %(upto_position)s
FROM (SELECT low FROM search WHERE low = high LIMIT 1) AS s
LEFT JOIN LATERAL (
    SELECT version, position, at FROM events
    WHERE ledger_id = %(ledger_id)s AND stream_id = %(stream_id)s AND version = s.low
    LIMIT 1) AS e ON true
