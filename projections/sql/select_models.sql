-- The generation of each model that is read and written, and which have stopped.
SELECT model, generation, failed_position, failure FROM projections WHERE ledger_id = %(ledger_id)s
