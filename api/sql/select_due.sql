-- Whose time has come, who waits longest first. The clock is the database's, as in every decision; streams that could
-- not catch up a moment ago are left aside, so that they hold up nobody.
SELECT stream_id, due_at FROM due
WHERE ledger_id = %(ledger_id)s AND due_at <= clock_timestamp() AND stream_id <> ALL (%(set_aside)s::uuid[])
ORDER BY due_at LIMIT %(limit)s
