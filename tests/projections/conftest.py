"""A ledger with a catalog on a real database, and a runner that folds it."""

from tests.support.projected import book, books_url, projected_url, reads, runner, store

__all__ = ["book", "books_url", "projected_url", "reads", "runner", "store"]
