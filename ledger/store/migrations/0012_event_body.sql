-- What is hashed after the hash before, for anyone with psql: every column but the hash, in the table's order, in its
-- binary form. It is the row of a binary COPY without its frame, so that verifying streams. A chain is whole where
-- sha256(hash before || event_body(event)) = hash.
CREATE FUNCTION event_body(e events) RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT hash_field(convert_to(e.ledger_id, 'UTF8'))
        || hash_field(int8send(e.position))
        || hash_field(uuid_send(e.stream_id))
        || hash_field(int4send(e.version))
        || hash_field(convert_to(e.type, 'UTF8'))
        || hash_field(e.state)
        || hash_field(convert_to(e.actor, 'UTF8'))
        || hash_field(convert_to(e.on_behalf_of, 'UTF8'))
        || hash_field(convert_to(e.request_id, 'UTF8'))
        || hash_field(timestamptz_send(e.at))
        || hash_field(timestamptz_send(e.recorded_at))
$$;
