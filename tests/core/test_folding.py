"""A customer's events fold into its parts: an event that a part says it is not moved by leaves it as it is."""

from collections.abc import Callable

import pytest

from ledger.core.balances import balance
from ledger.core.events import Event, stored_name
from ledger.core.invoices import invoice
from ledger.core.invoices.invoice import Account
from ledger.core.subscriptions import subscription
from tests.golden.examples import EXAMPLES

GRANTS: balance.Grants = {}
PLANS: subscription.Subscriptions = {}
ACCOUNT = Account()


def moves(unmoved: Callable[[], bool]) -> bool:
    try:
        return not unmoved()
    except KeyError:
        return True


@pytest.mark.parametrize("event", EXAMPLES, ids=stored_name)
def test_a_part_names_every_event_that_moves_it(event: Event) -> None:
    """One that is told of something it has never heard of fails, or changes: so no mover is left out unseen."""
    assert moves(lambda: balance.evolve(GRANTS, event) is GRANTS) <= (type(event) in balance.MOVES)
    assert moves(lambda: subscription.evolve(PLANS, event, 1) is PLANS) <= (type(event) in subscription.MOVES)
    assert moves(lambda: invoice.evolve(ACCOUNT, event) is ACCOUNT) <= (type(event) in invoice.MOVES)
