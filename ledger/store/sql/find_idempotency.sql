-- Whether a key was used at exactly this instant.
SELECT 1 FROM idempotency
WHERE ledger_id = %(ledger_id)s AND holder = %(holder)s AND key = %(key)s AND recorded_at = %(recorded_at)s
