"""Keeping models up to date: one ledger is advanced batch by batch, and news of its log is waited for."""
