"""The read models there are."""

from typing import Final

from projections.accounts.fold import MODEL as ACCOUNTS
from projections.balances.fold import MODEL as BALANCES
from projections.customers.fold import MODEL as CUSTOMERS
from projections.invoices.fold import MODEL as INVOICES
from projections.journal.fold import MODEL as JOURNAL
from projections.projection import Model
from projections.subscriptions.fold import MODEL as SUBSCRIPTIONS
from projections.timeline.fold import MODEL as TIMELINE
from projections.usage.fold import MODEL as USAGE

MODELS: Final[tuple[Model, ...]] = (CUSTOMERS, SUBSCRIPTIONS, BALANCES, TIMELINE, INVOICES, USAGE, JOURNAL, ACCOUNTS)


def model_named(name: str) -> Model | None:
    """The model of this name, or None."""
    return next((model for model in MODELS if model.name == name), None)
