-- A reader waits for a ledger's projections: whoever folds it need not sleep on. An extra: runners look again anyway.
SELECT pg_notify('tallystick_wanted', %(ledger_id)s)
