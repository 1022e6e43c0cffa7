-- The lines of a batch's entries.
COPY journal_lines (
    ledger_id, generation, position, line, stream_id, version, kind, at, account, currency, amount_minor, invoice_id,
    number, item, plan_id, feature_id, entity_id, earned, period_start, period_end, about_position
) FROM STDIN
