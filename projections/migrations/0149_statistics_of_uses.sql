-- Every use changes rows here, and hardly what the planner knows of these tables: how often each value is there. As
-- PostgreSQL has it, a thousand uses a second would have them analyzed every minute, with a core to itself meanwhile.
ALTER TABLE balances SET (autovacuum_analyze_scale_factor = 1);
ALTER TABLE balance_sums SET (autovacuum_analyze_scale_factor = 1);
ALTER TABLE timeline_streams SET (autovacuum_analyze_scale_factor = 1);
