-- This property has this text, or the number or word of JSON that is written so.
AND (a.metadata @> {property}::jsonb OR a.metadata @> {typed}::jsonb)
