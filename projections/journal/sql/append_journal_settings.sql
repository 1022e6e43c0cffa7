-- Settings of a batch that decide on days.
INSERT INTO journal_settings (ledger_id, generation, position, setting, value)
SELECT %(ledger_id)s, %(generation)s, r.position, r.setting, r.value
FROM unnest(%(position)s::bigint[], %(setting)s::text[], %(value)s::text[]) AS r (position, setting, value)
