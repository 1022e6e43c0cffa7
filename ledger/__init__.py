"""What may happen to a customer's account, and what did: the pure core, the event store, payments."""
