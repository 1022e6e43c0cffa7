-- A revoked key opens nothing from here on, whatever else is cached or delayed.
DELETE FROM key_secrets WHERE ledger_id = %(ledger_id)s AND key_id = %(key_id)s
