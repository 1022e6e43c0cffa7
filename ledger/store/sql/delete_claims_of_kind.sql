-- A stream's claims that name a person: what they were hashed from cannot be folded from the log any more.
DELETE FROM claims WHERE ledger_id = %(ledger_id)s AND stream_id = %(stream_id)s AND kind = %(kind)s
