"""What is due for many customers at once: together where that goes, and each for itself where one of them cannot."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from api.work.due import TOGETHER, DueWork, ledgers_due
from ledger.core.balances.adjustment import GrantBalance
from ledger.core.customer import CUSTOMER
from ledger.core.decider import Context
from ledger.core.events import Event
from ledger.store.kinds import Kinds, core_kinds
from ledger.store.ledger import CustomerAddress, Ledger, Store
from tests.store.conftest import ME, OPERATOR_KEY, open_customer, open_ledger

BROKEN = "c7"


def advance_all_but_one(state: Any, context: Context) -> tuple[datetime, Sequence[Event]] | None:
    """As customers do, with a mistake of ours that meets one of them."""
    found = CUSTOMER.advance(state, context)
    if found is not None and state.customer_id == BROKEN:
        raise ArithmeticError("a mistake of ours")
    return found


def kinds() -> Kinds:
    return replace(core_kinds(), customer=replace(CUSTOMER, advance=advance_all_but_one))


@pytest.fixture
def batches() -> list[int]:
    """How many events each transaction held."""
    return []


@pytest.fixture
def broken_store(database_url: str, batches: list[int]) -> Iterator[Store]:
    opened = Store(
        database_url, operator_key=OPERATOR_KEY, kinds=kinds(), observe=lambda done: batches.append(done.events)
    )
    yield opened
    opened.close()


def expiring(ledger: Ledger, customers: int) -> None:
    """So many customers, each with units that expire in a moment; answers when that is over."""
    soon = datetime.now(UTC) + timedelta(seconds=1)
    for number in range(customers):
        open_customer(ledger, f"c{number}")
        grant = GrantBalance("messages", included=Decimal(5), expires_at=soon)
        ledger.execute(CustomerAddress(f"c{number}"), grant, by=ME)
    time.sleep(max(0.0, (soon - datetime.now(UTC)).total_seconds()) + 0.05)


def test_those_who_are_due_catch_up_together(ledger: Ledger, store: Store) -> None:
    expiring(ledger, 40)
    before = ledger.recorder.max_notification_id() or 0
    work = DueWork(store, "main")
    assert ledgers_due(store) == ["main"]
    assert work.round() == 40
    assert (ledger.recorder.max_notification_id() or 0) - before == 40
    assert work.round() == 0
    assert ledgers_due(store) == []


def test_one_who_cannot_does_not_keep_the_others_waiting(broken_store: Store, batches: list[int]) -> None:
    ledger = open_ledger(broken_store, "main")
    expiring(ledger, TOGETHER)
    before = ledger.recorder.max_notification_id() or 0
    work = DueWork(broken_store, "main")
    assert work.round() == TOGETHER - 1
    assert (ledger.recorder.max_notification_id() or 0) - before == TOGETHER - 1
    assert len(work.set_aside.now()) == 1
    assert work.round() == 0


def test_a_round_of_those_who_can_is_a_few_transactions(broken_store: Store, batches: list[int]) -> None:
    ledger = open_ledger(broken_store, "main")
    expiring(ledger, 5)
    batches.clear()
    assert DueWork(broken_store, "main").round() == 5
    limit = time.monotonic() + 5
    while not batches and time.monotonic() < limit:
        time.sleep(0.01)  # whoever measures is told after the callers
    assert batches == [5]
