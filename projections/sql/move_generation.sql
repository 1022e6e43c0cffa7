-- How far a generation is filled, in the transaction of its rows.
UPDATE generations SET position = %(position)s, moved_at = clock_timestamp()
WHERE ledger_id = %(ledger_id)s AND model = %(model)s AND generation = %(generation)s AND state = 'filling'
