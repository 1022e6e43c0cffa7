-- The lock that lets one sweeper at a time delete a generation. Two at the same rows would each find nothing to delete in
-- a table while the other deletes there, and take it for empty.
SELECT FROM generations
WHERE ledger_id = %(ledger_id)s AND model = %(model)s AND generation = %(generation)s AND state = 'retired'
FOR UPDATE SKIP LOCKED
