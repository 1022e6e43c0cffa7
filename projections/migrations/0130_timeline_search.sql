-- What is found on the timeline of a whole ledger, however rare it is among millions of entries. Plain usage (no reason
-- given) is most of a log: `known_as` is NULL there, and all that words are looked for in is kept out of its way.
-- Measured in batches of 900 uses: the index of features costs each about 2 microseconds, the others nothing. The
-- extension pg_trgm is there: migrating begins with it.
ALTER TABLE timeline
    ADD COLUMN known_as text,   -- name and e-mail address of the customer; '' where there is none
    ADD COLUMN reverses bigint; -- the position of the event whose effect was taken back

CREATE INDEX timeline_told ON timeline (ledger_id, generation, position) WHERE known_as IS NOT NULL;

CREATE INDEX timeline_told_by_stream ON timeline (ledger_id, generation, stream_id, position)
WHERE known_as IS NOT NULL;

CREATE INDEX timeline_by_words ON timeline USING gin ((sentence || ' ' || known_as) gin_trgm_ops)
WHERE known_as IS NOT NULL;

CREATE INDEX timeline_by_plan ON timeline (ledger_id, generation, plan_id, position) WHERE plan_id IS NOT NULL;

-- A use is of one feature; what is told may be about several.
CREATE INDEX timeline_by_used_feature ON timeline (ledger_id, generation, (feature_ids[1]), position)
WHERE known_as IS NULL;

CREATE INDEX timeline_by_told_feature ON timeline USING gin (feature_ids) WHERE known_as IS NOT NULL;

CREATE INDEX timeline_reversals ON timeline (ledger_id, generation, reverses) WHERE reverses IS NOT NULL;

-- Large amounts, and what was recorded long after its time, stand out from the pages around them. The position is an
-- expression here, so that this index alone serves a question that is put with it.
CREATE INDEX timeline_spread ON timeline
USING brin ((position + 0), at timestamptz_minmax_multi_ops, amount numeric_minmax_multi_ops)
WITH (pages_per_range = 32, autosummarize = on);

-- Rows that an earlier fold made do not say what is looked for here: nobody reads them until they are made anew.
UPDATE projections SET failed_position = 0, failure = 'not built yet', failed_at = clock_timestamp()
WHERE model = 'timeline';
