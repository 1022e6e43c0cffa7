-- A batch's lines on their days, each as of its own position: the day in the ledger's time zone, and where that was
-- closed by then the first open one. What is for a time to come is revenue straight-line by day over that time, in one
-- posting a month, on the month's last day within it: so much as the days so far make, rounded half away from zero,
-- less what was posted before. What was earned before the entry's own day counts in the first posting. The sums of the
-- accounts' days are moved by the same statement, which knows the days.
WITH settings AS (
    SELECT setting, value, position AS since, lead(position) OVER (PARTITION BY setting ORDER BY position) AS until
    FROM journal_settings
    WHERE ledger_id = %(ledger_id)s AND generation = %(generation)s
), dated AS (
    SELECT l.*, coalesce(z.value, 'UTC') AS zone, (l.at AT TIME ZONE coalesce(z.value, 'UTC'))::date AS day,
           CASE WHEN c.value <> 'never' THEN c.value::date END AS closed_until
    FROM journal_lines AS l
    LEFT JOIN settings AS z
      ON z.setting = 'timezone' AND z.since < l.position AND (z.until IS NULL OR l.position < z.until)
    LEFT JOIN settings AS c
      ON c.setting = 'books_closed_until' AND c.since < l.position AND (c.until IS NULL OR l.position < c.until)
    WHERE l.ledger_id = %(ledger_id)s AND l.generation = %(generation)s
      AND l.position BETWEEN %(first)s AND %(last)s
), spread AS (
    SELECT d.*, (d.period_start AT TIME ZONE d.zone)::date AS from_day,
           greatest((d.period_end AT TIME ZONE d.zone)::date, (d.period_start AT TIME ZONE d.zone)::date + 1) AS to_day
    FROM dated AS d
    WHERE d.earned IS NOT NULL
), months AS (
    SELECT s.*, greatest(s.day, m.last_day) AS natural_on,
           round(s.amount_minor::numeric * (m.last_day + 1 - s.from_day) / (s.to_day - s.from_day)) AS so_far
    FROM spread AS s
    CROSS JOIN LATERAL (
        SELECT least((first_day + interval '1 month')::date, s.to_day) - 1 AS last_day
        FROM generate_series(
            date_trunc('month', least(greatest(s.from_day, s.day), s.to_day - 1)::timestamp), (s.to_day - 1)::timestamp,
            interval '1 month'
        ) AS first_day
    ) AS m
), earned AS (
    SELECT m.*,
           (m.so_far - lag(m.so_far, 1, 0::numeric) OVER (PARTITION BY m.position, m.line ORDER BY m.natural_on))::bigint
               AS share
    FROM months AS m
), postings AS (
    SELECT position, 0 AS part, day AS natural_on, line, account, currency, amount_minor, stream_id, closed_until
    FROM dated
    UNION ALL
    SELECT e.position, 1, e.natural_on, e.line, side.account, e.currency, side.amount_minor, e.stream_id, e.closed_until
    FROM earned AS e
    CROSS JOIN LATERAL (VALUES (e.account, -e.share), (e.earned, e.share)) AS side (account, amount_minor)
    WHERE e.share <> 0
), posted AS (
    INSERT INTO journal_postings (
        ledger_id, generation, posted_on, position, part, natural_on, line, account, currency, amount_minor, stream_id
    )
    SELECT %(ledger_id)s, %(generation)s,
           CASE WHEN natural_on <= closed_until THEN closed_until + 1 ELSE natural_on END,
           position, part, natural_on, line, account, currency, amount_minor, stream_id
    FROM postings
    RETURNING account, currency, posted_on, amount_minor
)
INSERT INTO journal_sums AS s (
    ledger_id, generation, account, currency, posted_on, debits_minor, credits_minor
)
SELECT %(ledger_id)s, %(generation)s, account, currency, posted_on, sum(greatest(amount_minor, 0)),
       -sum(least(amount_minor, 0))
FROM posted
GROUP BY account, currency, posted_on
ON CONFLICT (ledger_id, generation, account, currency, posted_on) DO UPDATE SET
    debits_minor = s.debits_minor + excluded.debits_minor, credits_minor = s.credits_minor + excluded.credits_minor
