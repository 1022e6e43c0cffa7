"""Read models: folds of a ledger's events into tables that can be thrown away and built again."""
