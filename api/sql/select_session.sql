-- Whose session this is, while it lasts and is used. A cookie does not name its ledger, so this looks across ledgers.
SELECT ledger_id, user_id FROM sessions
WHERE secret_hash = %(secret_hash)s AND expires_at > clock_timestamp()
  AND seen_at > clock_timestamp() - make_interval(secs => %(idle_seconds)s)
