"""A ledger with a catalog on a real database, and a runner that folds it."""

from tests.support.projected import book, projected_url, reads, runner, store

__all__ = ["book", "projected_url", "reads", "runner", "store"]
