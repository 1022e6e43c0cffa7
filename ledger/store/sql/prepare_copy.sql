-- The parameters of copy_events, for this transaction only.
SELECT set_config('tallystick.ledger_id', %(ledger_id)s, true),
       set_config('tallystick.first', %(first)s, true),
       set_config('tallystick.last', %(last)s, true)
