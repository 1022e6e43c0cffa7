-- Wake whoever follows a ledger. An extra: followers poll as well.
SELECT pg_notify('tallystick_events', %(ledger_id)s)
