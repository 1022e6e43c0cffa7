-- A key that opens nothing any more.
DELETE FROM key_secrets WHERE ledger_id = %(ledger_id)s AND key_id = %(key_id)s
