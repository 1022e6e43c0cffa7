-- A generation that is swapped in is not beside the other any more, and one without rows is gone.
DELETE FROM generations WHERE ledger_id = %(ledger_id)s AND model = %(model)s AND generation = %(generation)s
