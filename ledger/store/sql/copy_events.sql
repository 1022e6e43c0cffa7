-- Events in the bytes they were hashed in, in order. The hash comes last.
COPY (
    SELECT ledger_id, position, stream_id, version, type, state, actor, on_behalf_of, request_id, at, recorded_at, hash
    FROM events
    WHERE ledger_id = current_setting('tallystick.ledger_id')
      AND position >= current_setting('tallystick.first')::bigint
      AND position <= coalesce(nullif(current_setting('tallystick.last'), '')::bigint, 9223372036854775807)
    ORDER BY position
) TO STDOUT (FORMAT binary)
