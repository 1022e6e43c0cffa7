-- The swap: from here on this generation is read and written, and nothing stands still any more.
UPDATE projections
SET generation = %(generation)s, revision = %(revision)s, failed_position = NULL, failure = NULL, failed_at = NULL
WHERE ledger_id = %(ledger_id)s AND model = %(model)s
