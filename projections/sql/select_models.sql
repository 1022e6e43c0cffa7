-- The generation of each model that is read and written, which have stopped, and which fold made their rows.
SELECT model, generation, failed_position, revision FROM projections WHERE ledger_id = %(ledger_id)s
