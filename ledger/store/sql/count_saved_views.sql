-- How many views a ledger has.
SELECT count(*) FROM saved_views WHERE ledger_id = %(ledger_id)s
