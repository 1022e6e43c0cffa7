-- One column as it is hashed: its length in four bytes, then itself; FFFFFFFF alone for null. No two rows can run
-- together to the same bytes.
CREATE FUNCTION hash_field(value bytea) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN value IS NULL THEN '\xffffffff'::bytea ELSE int4send(octet_length(value)) || value END
$$;
