"""The event store: the only code that knows the `eventsourcing` library and the events table."""
