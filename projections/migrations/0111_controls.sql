-- The limits that customers and entities have set themselves; none is left out.
ALTER TABLE customers ADD COLUMN controls jsonb;
ALTER TABLE entities ADD COLUMN controls jsonb;
