-- Sums of balances as a batch left them, new or in place of those with their key.
INSERT INTO balance_sums (ledger_id, generation, stream_id, feature_id, granted, remaining, usage, unlimited)
SELECT
    %(ledger_id)s, %(generation)s, r.stream_id, r.feature_id, r.granted::numeric, r.remaining::numeric,
    r.usage::numeric, r.unlimited::boolean
FROM unnest(
    %(stream_id)s::uuid[], %(feature_id)s::text[], %(granted)s::text[], %(remaining)s::text[], %(usage)s::text[],
    %(unlimited)s::text[]
) AS r (stream_id, feature_id, granted, remaining, usage, unlimited)
ON CONFLICT (ledger_id, generation, stream_id, feature_id) DO UPDATE SET
    granted = excluded.granted, remaining = excluded.remaining, usage = excluded.usage, unlimited = excluded.unlimited
