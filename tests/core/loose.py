"""A customer with a balance of messages given by hand."""

from datetime import timedelta

from ledger.core.events import BalanceGranted, CustomerCreated, GrantTerms, Level
from ledger.core.sealed import Sealed
from ledger.core.terms import FeatureKind
from tests.core.offers import START, units

ANN = CustomerCreated("ann", Sealed({}), START)
LATER = START + timedelta(days=30)


def loose(number: float, grant_id: str = "2.0", **fields: object) -> BalanceGranted:
    """A loose balance of messages, as `GrantBalance` makes it."""
    terms = GrantTerms(grant_id, "messages", FeatureKind.CONSUMABLE, START, included=units(number), **fields)  # type: ignore[arg-type]  # the fields of terms
    return BalanceGranted("messages", grant_id, units(number), level(0, 0), level(number, number), None, terms)


def level(granted: float, remaining: float) -> Level:
    return Level(units(granted), units(remaining))
