-- The log for people: `state` as jsonb. Personal data stays sealed in it.
CREATE VIEW readable_events AS
SELECT ledger_id, position, stream_id, version, type, convert_from(state, 'UTF8')::jsonb AS state,
       actor, on_behalf_of, request_id, at, recorded_at, hash
FROM events;

GRANT SELECT ON readable_events TO tallystick_app;
