-- The uses of a batch.
COPY usage (
    ledger_id, generation, at, position, stream_id, version, feature_id, entity_id, event_name, value, properties,
    deductions, booked_at
) FROM STDIN
