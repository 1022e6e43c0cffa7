-- What a writer's session sets beside that: all it asks is found by key, so one plan serves each statement for good. None
-- reads a table from end to end, which a plan made while the table was small would go on doing, and none is worth compiling.
SELECT set_config('plan_cache_mode', 'force_generic_plan', false),
       set_config('enable_seqscan', 'off', false),
       set_config('jit', 'off', false)
