-- Whose time has come, who waits longest first. The time is the database's, as in every decision, and fixed for the
-- statement so that the index ends the search; streams that could not catch up a moment ago hold up nobody.
SELECT stream_id, due_at FROM due
WHERE ledger_id = %(ledger_id)s AND due_at <= statement_timestamp() AND stream_id <> ALL (%(set_aside)s::uuid[])
ORDER BY due_at LIMIT %(limit)s
