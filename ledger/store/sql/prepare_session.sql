-- What every session of the server sets for itself, so that no default of the database changes a promise.
SELECT set_config('role', %(role)s, false),
       set_config('synchronous_commit', 'on', false),
       set_config('timezone', 'UTC', false),
       set_config('statement_timeout', %(statement_ms)s, false),
       set_config('lock_timeout', %(lock_ms)s, false),
       set_config('idle_in_transaction_session_timeout', %(idle_ms)s, false)
