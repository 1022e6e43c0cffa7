"""Readers are told what has not moved without the writer, and never anything but what it would have told them."""

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import psycopg
import pytest

from ledger.core.balances.adjustment import GrantBalance
from ledger.core.decider import CATALOG_STREAM
from ledger.core.errors import CustomerNotFound
from ledger.core.offers.catalog import CreateFeature
from ledger.core.profile import DeleteCustomer, MoveClock
from ledger.core.settings import ChangeSetting
from ledger.core.terms import Feature, FeatureKind
from ledger.store.addresses import internal_id
from ledger.store.ledger import CatalogAddress, CustomerAddress, Ledger, SettingsAddress, Store
from tests.store.conftest import ME, OPERATOR_KEY, open_customer

HOUR = timedelta(hours=1)
A_YEAR_ON = datetime.now(UTC).replace(microsecond=0) + timedelta(days=365)


@pytest.fixture
def looks(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What the writer was asked for."""
    asked: list[object] = []
    look = ledger.look

    def told(address: object, **by: object) -> object:
        asked.append(address)
        return look(address, **by)  # type: ignore[arg-type]  # passed on

    monkeypatch.setattr(ledger, "look", told)
    return asked


@pytest.fixture
def elsewhere(database_url: str) -> Iterator[Ledger]:
    """The same ledger in another process."""
    store = Store(database_url, operator_key=OPERATOR_KEY)
    yield store.ledger("main")
    store.close()


def grant(ledger: Ledger, customer_id: str, *, expires_in: timedelta | None = None) -> None:
    expires_at = None if expires_in is None else datetime.now(UTC) + expires_in
    command = GrantBalance("messages", included=Decimal(5), expires_at=expires_at)
    ledger.execute(CustomerAddress(customer_id), command, by=ME)


def test_the_background_is_what_the_writer_would_tell(ledger: Ledger, looks: list[object]) -> None:
    first = ledger.background(by=ME)
    open_customer(ledger, "acme", messages=5)
    again = ledger.background(by=ME)
    assert looks == [CatalogAddress()]
    told = ledger.look(CatalogAddress(), by=ME)
    assert (again.catalog, again.settings, again.position) == (told.catalog, told.settings, told.position)
    assert again.position > first.position
    assert first.now <= again.now <= told.now


def test_a_changed_background_is_told_at_once_whoever_changed_it(ledger: Ledger, elsewhere: Ledger) -> None:
    for here, there in ((ledger, elsewhere), (elsewhere, ledger)):
        here.background(by=ME)
        name = f"stamps-{here is ledger}"
        there.execute(CatalogAddress(), CreateFeature(Feature(name, name, FeatureKind.CONSUMABLE)), by=ME)
        assert name in here.background(by=ME).catalog.features
        there.execute(SettingsAddress(), ChangeSetting("timezone", f"Etc/GMT+{1 + (here is ledger)}"), by=ME)
        assert here.background(by=ME).settings == there.look(SettingsAddress(), by=ME).state


def test_nobody_waits_for_a_batch_to_be_told_what_has_not_moved(
    ledger: Ledger, looks: list[object], database_url: str
) -> None:
    open_customer(ledger, "acme")
    grant(ledger, "acme", expires_in=HOUR)
    ledger.background(by=ME)
    looks.clear()
    with psycopg.connect(database_url) as conn:
        conn.execute("SELECT 1 FROM ledgers WHERE ledger_id = 'main' FOR UPDATE")
        writing = threading.Thread(target=grant, args=(ledger, "acme"))
        writing.start()
        time.sleep(0.05)
        ledger.settle("acme", by=ME)
        assert ledger.background(by=ME).catalog.features
        assert writing.is_alive(), "it did not wait for the head"
    writing.join()
    assert not looks


def test_what_is_due_has_happened(ledger: Ledger, looks: list[object]) -> None:
    open_customer(ledger, "acme")
    stream_id, seconds = ledger.settle("acme", by=ME), 0.0
    for seconds in (0.4, 5.0):  # once more with longer, where the machine stood still until it was due
        grant(ledger, "acme", expires_in=timedelta(seconds=seconds))
        looks.clear()
        assert ledger.settle("acme", by=ME) == stream_id
        if not looks:
            break
    assert not looks
    time.sleep(seconds + 0.05)
    before = ledger.background(by=ME).position
    assert ledger.settle("acme", by=ME) == stream_id
    assert ledger.background(by=ME).position == before + 1
    assert CustomerAddress("acme") in looks


def test_of_a_clock_that_stands_still_the_writer_is_asked_once_after_each_event(
    ledger: Ledger, looks: list[object], elsewhere: Ledger
) -> None:
    open_customer(ledger, "acme")
    grant(ledger, "acme", expires_in=HOUR)
    ledger.execute(CustomerAddress("acme"), MoveClock(), by=ME, business_now=A_YEAR_ON)
    for _ in range(3):
        ledger.settle("acme", by=ME)
    assert len(looks) == 1
    grant(elsewhere, "acme")
    for _ in range(3):
        ledger.settle("acme", by=ME)
    assert len(looks) == 2


def test_who_is_not_there_is_refused_as_the_writer_refuses(ledger: Ledger, elsewhere: Ledger) -> None:
    open_customer(ledger, "acme")
    grant(ledger, "acme", expires_in=HOUR)
    stream_id = ledger.settle("acme", by=ME)
    assert ledger.settle(internal_id(stream_id), by=ME) == stream_id
    elsewhere.execute(CustomerAddress("acme"), DeleteCustomer(), by=ME)
    for nobody in ("acme", "nobody", internal_id(CATALOG_STREAM), "cus_" + "0" * 31 + "9"):
        with pytest.raises(CustomerNotFound):
            ledger.settle(nobody, by=ME)
    assert ledger.settle(internal_id(stream_id), by=ME) == stream_id  # its records stay
