"""What following a ledger and rebuilding its models do alike: events are read, folded in memory and written as rows."""
