-- This property has this text.
AND a.metadata @> {property}::jsonb
