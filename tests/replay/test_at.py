"""An account as it stood: by business time, by what we knew, and by position."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ledger.core.balances.usage import Track
from ledger.core.errors import Refusal
from ledger.core.profile import MoveClock, UpdateCustomer
from ledger.core.settings import ChangeSetting, CreateLedger, Env
from ledger.core.subscriptions.cancellation import When
from ledger.store.ledger import CustomerAddress, SettingsAddress, Store, UnknownLedger
from projections.runner import Runner
from replay.account import Account
from replay.at import at
from replay.moment import BusinessTime, Position, RecordedTime, parse_moment
from tests.replay.conftest import open_in_the_past
from tests.support.book import ME, OPERATOR_KEY, Book
from tests.support.postgres import Databases
from tests.support.projected import open_ledger, projected

JANUARY = datetime(2026, 1, 31, 12, tzinfo=UTC)


def on(month: int, day: int, hour: int = 12) -> str:
    return datetime(2026, month, day, hour, tzinfo=UTC).isoformat()


@pytest.fixture
def past(book: Book) -> Book:
    """A customer whose history was brought in at its own dates: 10 messages a month from 31 January."""
    open_in_the_past(book, "ann", JANUARY)
    for days, used in ((1, 4), (20, 3), (40, 6)):
        book.do("ann", Track("messages", value=Decimal(used)), at=JANUARY + timedelta(days=days))
    return book


def used(account: Account) -> list[Decimal]:
    return [each.usage for each in account.balances]


def test_business_time_shows_what_was_true_then(store: Store, past: Book) -> None:
    def then(moment: str) -> Account:
        return at(store.database_url, store.operator, "main", "ann", moment)

    assert not then(on(1, 30)).customer.exists
    assert [plan.plan_id for plan in then(on(1, 31)).plans] == ["free"]
    assert used(then(on(1, 31))) == [0]
    assert used(then(on(2, 1))) == [4]
    assert used(then(on(2, 27))) == [7]
    assert used(then(on(2, 28, 11))) == [7]
    assert used(then(on(2, 28))) == [0]
    assert used(then(on(3, 12))) == [6]
    balance = then(on(2, 27)).balances[0]
    assert [balance.granted, balance.remaining, balance.next_reset_at] == [10, 3, datetime(2026, 2, 28, 12, tzinfo=UTC)]


def test_what_we_knew_is_asked_by_recording_time_and_position(store: Store, past: Book) -> None:
    head = store.ledgers()[0]
    assert head.recorded_at is not None
    known = at(store.database_url, store.operator, "main", "ann", head.recorded_at.isoformat(), recorded=True)
    assert used(known) == [6]
    assert known.now == JANUARY + timedelta(days=40)
    before = (head.recorded_at - timedelta(microseconds=1)).isoformat()
    assert used(at(store.database_url, store.operator, "main", "ann", before, recorded=True)) != [6]
    by_position = [
        at(store.database_url, store.operator, "main", "ann", f"position:{number}")
        for number in range(head.position - 8, head.position + 1)
    ]
    assert used(by_position[-1]) == [6]
    assert [account.version for account in by_position] == sorted(account.version for account in by_position)
    assert [] in [used(account) for account in by_position]


def test_what_fell_due_has_happened_whether_somebody_looked_or_not(store: Store, book: Book) -> None:
    book.customer("now")
    book.attach("now", "pro")
    book.cancel("now", "pro", When.END_OF_CYCLE)
    with pytest.raises(Refusal, match="still to come"):
        at(store.database_url, store.operator, "main", "now", (datetime.now(UTC) + timedelta(days=1)).isoformat())
    today = datetime.now(UTC).isoformat()
    assert [plan.status for plan in at(store.database_url, store.operator, "main", "now", today).plans] == ["canceling"]


def test_a_customer_is_found_by_every_name_it_had_at_the_end(store: Store, lived: Book) -> None:
    head = f"position:{store.ledgers()[0].position}"
    by_id = at(store.database_url, store.operator, "main", "anna", head)
    by_internal_id = at(store.database_url, store.operator, "main", f"cus_{by_id.stream_id.hex}", head)
    assert by_id == by_internal_id
    assert by_id.customer.name == "Anna"
    gone = at(store.database_url, store.operator, "main", "gone", head)
    assert gone.customer.deleted_at is not None
    assert "was deleted at" in gone.as_text()
    for unknown in ("ann", "nobody", "cus_" + "0" * 31 + "1", "cus_" + "0" * 32):
        with pytest.raises(Refusal) as refused:
            at(store.database_url, store.operator, "main", unknown, head)
        assert refused.value.code == "customer_not_found"


NO_MOMENTS = [
    "yesterday", "2026-13-01", "2026-01-01T00:00:00", "position:-1", "position:", "", "20260101T000000Z",
    "2026-W01-1T00:00:00Z", "2026-01-01T00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:00:00,5Z", "position:\u0663",
    "0001-01-01T00:00:00+14:00", "0001-01-01", "9999-12-31T23:59:59-14:00", "2026-01-01T00:00:00+00:00:30",
]  # fmt: skip


@pytest.fixture(scope="module")
def still(databases: Databases, run_dir: Path) -> Iterator[Store]:
    """The store of a ledger with one customer that its tests only look at."""
    with projected(databases, run_dir) as url:
        opened = Store(url, operator_key=OPERATOR_KEY)
        open_in_the_past(Book(open_ledger(opened, "main")), "ann", JANUARY)
        yield opened
        opened.close()


@pytest.mark.parametrize("moment", NO_MOMENTS)
def test_what_is_no_moment_is_refused(still: Store, moment: str) -> None:
    with pytest.raises(Refusal, match="is no moment") as refused:
        at(still.database_url, still.operator, "main", "ann", moment)
    assert refused.value.code == "invalid_inputs"


def test_what_is_still_to_come_is_refused(store: Store, past: Book) -> None:
    for moment, recorded in (("position:9999", False), ("2199-01-01", True), ("2199-01-01", False)):
        with pytest.raises(Refusal, match="still to come") as refused:
            at(store.database_url, store.operator, "main", "ann", moment, recorded=recorded)
        assert refused.value.code == ("position_not_found" if moment.startswith("position") else "invalid_request")
    with pytest.raises(UnknownLedger):
        at(store.database_url, store.operator, "nowhere", "ann", "position:1")


def test_a_clock_ahead_of_time_has_its_own_past(store: Store, past: Book) -> None:
    ahead = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1000)
    past.do("ann", Track("messages", value=Decimal(9)), at=ahead)
    moment = (ahead - timedelta(days=1)).isoformat()
    assert used(at(store.database_url, store.operator, "main", "ann", moment)) == [0]
    assert used(at(store.database_url, store.operator, "main", "ann", ahead.isoformat())) == [9]


def test_a_day_begins_in_the_ledgers_time_zone(store: Store, past: Book) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert parse_moment("2026-02-01", berlin) == BusinessTime(datetime(2026, 2, 1, tzinfo=berlin))
    assert parse_moment("2026-02-01T01:00:00Z", berlin, recorded=True) == RecordedTime(
        datetime(2026, 2, 1, 1, tzinfo=UTC)
    )
    assert parse_moment("position:7", berlin, recorded=True) == Position(7)
    past.ledger.execute(SettingsAddress(), ChangeSetting("timezone", "Pacific/Auckland"), by=ME)
    there = at(store.database_url, store.operator, "main", "ann", "2026-02-02")
    assert there.now == datetime(2026, 2, 1, 11, tzinfo=UTC)


FIRST, LAST = "Etc/GMT-14", "Etc/GMT+12"
"""The zones in which a day begins first, and 26 hours later."""


def change_zone(book: Book, name: str) -> str:
    """Another zone from now on; the position at which it was not known yet."""
    found = book.ledger.execute(SettingsAddress(), ChangeSetting("timezone", name), by=ME)
    return f"position:{found.position - 1}"


def test_a_day_that_had_begun_stays_where_it_began_when_the_time_zone_changes(store: Store, past: Book) -> None:
    def known(day: str) -> Account:
        return at(store.database_url, store.operator, "main", "ann", day, recorded=True)

    change_zone(past, FIRST)
    today = datetime.now(ZoneInfo(FIRST)).date().isoformat()
    before = known(today)
    change_zone(past, LAST)
    assert (known(today).now, known(today).version) == (before.now, before.version)


def test_a_day_that_had_not_begun_begins_with_the_time_zone_that_has_it(store: Store) -> None:
    assert store.create_ledger("far", Env.SANDBOX)
    store.ledger("far").execute(SettingsAddress(), CreateLedger("far", Env.SANDBOX, LAST), by=ME)
    far = Book(store.ledger("far"))
    far.customer("ann")
    change_zone(far, FIRST)
    today = datetime.now(ZoneInfo(FIRST)).date().isoformat()
    assert at(store.database_url, store.operator, "far", "ann", today, recorded=True).customer.exists


def test_a_day_of_business_begins_in_the_time_zone_that_was_known(store: Store, past: Book) -> None:
    def began(as_of: str) -> datetime:
        return at(store.database_url, store.operator, "main", "ann", "2026-02-02", as_of=as_of).now

    unchanged = change_zone(past, FIRST)
    first = change_zone(past, LAST)
    head = f"position:{store.ledgers()[0].position}"
    assert [began(each) for each in (unchanged, first, head)] == [
        datetime(2026, 2, 2, tzinfo=UTC),
        datetime(2026, 2, 1, 10, tzinfo=UTC),
        datetime(2026, 2, 2, 12, tzinfo=UTC),
    ]


@pytest.mark.parametrize(
    "text",
    ["2026-02-01T06:30:00+05:30", "2026-02-01t01:00:00z", "2026-02-01 01:00Z", "2026-02-01T01:00:00.000000999Z"],
)
def test_an_instant_is_read_in_every_way_of_its_standard(text: str) -> None:
    assert parse_moment(text, UTC) == BusinessTime(datetime(2026, 2, 1, 1, tzinfo=UTC))


def test_an_account_is_shown_as_text_and_as_plain_values(store: Store, lived: Book, runner: Runner) -> None:
    account = at(store.database_url, store.operator, "main", "anna", f"position:{store.ledgers()[0].position}")
    lines = account.as_text().splitlines()
    assert lines[0].startswith("anna at position:")
    assert any(line.strip().startswith("pro v1 canceling since") for line in lines)
    assert any("messages:" in line and "remain" in line for line in lines)
    plain = account.as_json()
    assert plain["customer"] == "anna"
    assert plain["exists"] is True
    assert {each["feature_id"] for each in plain["balances"]} >= {"messages"}
    assert all(isinstance(each["granted"], str) for each in plain["balances"])
    early = at(store.database_url, store.operator, "main", "past", "2026-01-01").as_text()
    assert early.startswith("past at 2026-01-01")
    assert "had not been created" in early


def test_an_account_shows_what_was_owed_and_whether_it_was_paid(store: Store, book: Book) -> None:
    book.customer("acme")
    before = book.attach("acme", "pro").position
    book.do("acme", UpdateCustomer({"metadata": {"payment_method": "pm_declined"}}))
    late = book.ledger.look(CustomerAddress("acme"), by=ME).now + timedelta(days=40)
    book.do("acme", MoveClock(), at=late)
    paid = at(store.database_url, store.operator, "main", "acme", f"position:{before}").invoices
    assert [[each.number, each.status, each.total, each.due] for each in paid] == [[1, "paid", 20, 0]]
    found = at(store.database_url, store.operator, "main", "acme", late.isoformat())
    assert [[each.number, each.status, each.due] for each in found.invoices] == [[1, "paid", 0], [2, "open", 20]]
    assert [each.past_due for each in found.plans] == [True]
    assert "number 2" in found.as_text()
    assert found.as_json()["invoices"][1]["due"] == "20.00"
