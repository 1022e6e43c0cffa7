"""What a preview sees is what the change would be decided on; and a lock's id alone finds its customer."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from ledger.core.balances.locking import FinalizeLock, Reserve
from ledger.core.errors import LockNotFound
from ledger.core.events import LockEnd
from ledger.core.offers.catalog import CreatePlan
from ledger.core.period import Every, Interval
from ledger.core.profile import CreateCustomer
from ledger.core.subscriptions.change import Attach
from ledger.core.terms import BasePrice, FreeTrial, Plan
from ledger.store.ledger import CatalogAddress, CustomerAddress, Ledger, LockAddress, OpeningAddress
from tests.store.conftest import ME, open_customer

BEGUN = datetime(2026, 1, 1, tzinfo=UTC)
TRIED = Plan(
    "tried",
    1,
    "Tried",
    BEGUN,
    base=BasePrice(2_000, Every(Interval.MONTH)),
    free_trial=FreeTrial(Every(Interval.DAY, 7)),
)


def open_with_fingerprint(ledger: Ledger, customer_id: str) -> None:
    command = CreateCustomer(customer_id, fingerprint="the same device")
    ledger.execute(OpeningAddress(customer_id, None), command, by=ME)


def test_a_trial_that_another_customer_of_the_same_device_used_is_seen(ledger: Ledger) -> None:
    ledger.execute(CatalogAddress(), CreatePlan(TRIED), by=ME)
    for customer_id in ("ann", "bob"):
        open_with_fingerprint(ledger, customer_id)
    assert ledger.ponder(CustomerAddress("bob"), Attach("tried"), by=ME).context.claims == {}
    ledger.execute(CustomerAddress("ann"), Attach("tried"), by=ME)
    ann = ledger.look(CustomerAddress("ann"), by=ME).steps[0].stream_id
    seen = ledger.ponder(CustomerAddress("bob"), Attach("tried"), by=ME).context.claims
    assert ann in seen.values()
    open_customer(ledger, "cid")
    assert ann not in ledger.ponder(CustomerAddress("cid"), Attach("tried"), by=ME).context.claims.values()


def test_a_lock_is_found_by_its_id_alone_until_it_is_closed(ledger: Ledger) -> None:
    open_customer(ledger, "ann", messages=10)
    with pytest.raises(LockNotFound, match="l1"):
        ledger.look(LockAddress("l1"), by=ME)
    ledger.execute(CustomerAddress("ann"), Reserve("l1", "messages", Decimal(3)), by=ME)
    assert ledger.look(LockAddress("l1"), by=ME).state.customer_id == "ann"
    ledger.execute(LockAddress("l1"), FinalizeLock("l1", LockEnd.CONFIRMED), by=ME)
    with pytest.raises(LockNotFound):
        ledger.execute(LockAddress("l1"), FinalizeLock("l1", LockEnd.CONFIRMED), by=ME)
