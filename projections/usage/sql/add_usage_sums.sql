-- What a batch adds to the sums of the whole ledger.
INSERT INTO usage_sums AS s (ledger_id, generation, cell, feature_id, value, uses, deducted, on_credits)
SELECT %(ledger_id)s, %(generation)s, a.cell, a.feature_id, a.value::numeric, a.uses, a.deducted::numeric, a.on_credits
FROM unnest(
    %(cell)s::timestamptz[], %(feature_id)s::text[], %(value)s::text[], %(uses)s::bigint[], %(deducted)s::text[],
    %(on_credits)s::bigint[]
) AS a (cell, feature_id, value, uses, deducted, on_credits)
ON CONFLICT (ledger_id, generation, cell, feature_id) DO UPDATE SET
    value = s.value + excluded.value, uses = s.uses + excluded.uses, deducted = s.deducted + excluded.deducted,
    on_credits = s.on_credits + excluded.on_credits
