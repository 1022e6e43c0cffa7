"""The pure core: what may happen to a ledger, what did, and what follows. No I/O, no clock, no randomness."""
