"""What a caller saw before it asked is made sure of in the decision itself: nothing can happen between the two."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest

from ledger.core.balances.usage import Track
from ledger.core.decider import Context
from ledger.core.errors import InvalidRequest, Refusal
from ledger.store.ledger import CustomerAddress, Ledger, Once
from ledger.store.requests import Expecting
from tests.store.conftest import ME, open_customer

ANN = CustomerAddress("ann")
ONE = Track("messages", value=Decimal(1))


def at_version(expected: int) -> Expecting:
    def expecting(state: Any, _context: Context) -> None:
        if state.version != expected:
            raise InvalidRequest(f"was seen at {expected} and is at {state.version}")

    return expecting


def version(ledger: Ledger) -> int:
    found: int = ledger.look(ANN, by=ME).state.version
    return found


def left(ledger: Ledger) -> Decimal:
    (grant,) = ledger.look(ANN, by=ME).state.grants.values()
    found: Decimal = grant.balance
    return found


def test_a_stream_that_is_as_it_was_seen_takes_the_command(ledger: Ledger) -> None:
    open_customer(ledger, "ann", messages=10)
    ledger.execute(ANN, ONE, by=ME, expecting=at_version(version(ledger)))
    assert left(ledger) == 9


def test_a_write_in_between_refuses_it_and_nothing_of_it_is_kept(ledger: Ledger) -> None:
    open_customer(ledger, "ann", messages=10)
    seen = version(ledger)
    ledger.execute(ANN, ONE, by=ME)
    with pytest.raises(InvalidRequest, match=f"was seen at {seen}"):
        ledger.execute(ANN, ONE, by=ME, expecting=at_version(seen), once=Once("k", "me", "track", b"1"))
    assert left(ledger) == 9
    assert version(ledger) == seen + 1
    ledger.execute(ANN, ONE, by=ME, expecting=at_version(seen + 1), once=Once("k", "me", "track", b"1"))
    assert left(ledger) == 8  # a refusal keeps no key


def test_what_was_done_under_the_same_key_is_answered_again_though_it_made_another_stream_of_it(
    ledger: Ledger,
) -> None:
    open_customer(ledger, "ann", messages=10)
    expecting, once = at_version(version(ledger)), Once("k", "me", "track", b"1")
    ledger.execute(ANN, ONE, by=ME, expecting=expecting, once=once)
    assert ledger.execute(ANN, ONE, by=ME, expecting=expecting, once=once).replayed
    assert left(ledger) == 9


def test_of_many_who_saw_the_same_and_ask_at_once_one_has_its_way(ledger: Ledger) -> None:
    open_customer(ledger, "ann", messages=100)
    seen = version(ledger)

    def ask(_: int) -> str:
        try:
            ledger.execute(ANN, ONE, by=ME, expecting=at_version(seen))
        except Refusal as refusal:
            return refusal.code
        return "done"

    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(ask, range(32)))
    assert answers.count("done") == 1
    assert left(ledger) == 99
