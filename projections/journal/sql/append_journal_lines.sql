-- The lines of a batch's entries.
INSERT INTO journal_lines (
    ledger_id, generation, position, line, stream_id, version, kind, at, account, currency, amount_minor,
    invoice_id, number, item, plan_id, feature_id, entity_id, earned, period_start, period_end, about_position
)
SELECT
    %(ledger_id)s, %(generation)s, r.position, r.line, r.stream_id, r.version, r.kind, r.at, r.account, r.currency,
    r.amount_minor, r.invoice_id, r.number, r.item, r.plan_id, r.feature_id, r.entity_id, r.earned, r.period_start,
    r.period_end, r.about_position
FROM unnest(
    %(position)s::bigint[], %(line)s::integer[], %(stream_id)s::uuid[], %(version)s::integer[], %(kind)s::text[],
    %(at)s::timestamptz[], %(account)s::text[], %(currency)s::text[], %(amount_minor)s::bigint[],
    %(invoice_id)s::text[], %(number)s::bigint[], %(item)s::integer[], %(plan_id)s::text[], %(feature_id)s::text[],
    %(entity_id)s::text[], %(earned)s::text[], %(period_start)s::timestamptz[], %(period_end)s::timestamptz[],
    %(about_position)s::bigint[]
) AS r (
    position, line, stream_id, version, kind, at, account, currency, amount_minor, invoice_id, number, item,
    plan_id, feature_id, entity_id, earned, period_start, period_end, about_position
)
