-- Until the end of the transaction: no table is waited for long, and looking at it rests as often as autovacuum does.
SELECT set_config('statement_timeout', %(milliseconds)s, true), set_config('lock_timeout', %(lock_milliseconds)s, true),
       set_config('vacuum_cost_delay', '2ms', true)
