"""Days of the books, in a real database: what is earned month by month, and what happens when periods are closed."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.core.events import InvoiceCreated, InvoiceFinalized, Line, LineKind, Origin
from projections.journal.chart import DEFERRED
from projections.queries.journal import BooksFilter, trial_balance
from tests.projections.given import STREAM
from tests.projections.posted import Posted, Posting, posting
from tests.properties.generator import ZONES, History, histories
from tests.properties.life import lived

days = st.dates(date(2025, 1, 1), date(2030, 1, 1))
instants = st.datetimes(datetime(2025, 1, 1), datetime(2027, 6, 1), timezones=st.just(UTC))  # noqa: DTZ001


@settings(max_examples=25, deadline=None)
@given(histories(most=8), st.lists(days, max_size=2))
def test_every_posting_is_on_its_day_and_earned_day_by_day(
    books_url: str, history: History, closed: list[date]
) -> None:
    life = lived(history)
    with posting(books_url, history.settings.timezone) as books:
        stretch = len(life.log) // (len(closed) + 1) + 1
        for start in range(0, len(life.log), stretch):
            books.live(STREAM, life.log[start : start + stretch])
            if closed:
                books.close(closed.pop())
        assert books.posted() == books.expected()
        assert not sum(each.amount_minor for each in books.posted() if each.account == DEFERRED), "all is earned once"
        check_sums(books)


@settings(max_examples=60, deadline=None)
@given(
    amounts=st.lists(st.integers(-100_000, 100_000), min_size=1, max_size=3),
    finalized_at=instants,
    begins=st.timedeltas(timedelta(days=-500), timedelta(days=500)),
    lasts=st.timedeltas(timedelta(minutes=1), timedelta(days=1200)),
    zone=st.sampled_from(ZONES),
)
def test_what_is_paid_ahead_is_earned_to_the_cent_in_any_zone_and_of_any_length(
    books_url: str, amounts: list[int], finalized_at: datetime, begins: timedelta, lasts: timedelta, zone: str
) -> None:
    start = finalized_at + begins
    lines = tuple(Line(LineKind.BASE, each, period_start=start, period_end=start + lasts) for each in amounts)
    with posting(books_url, zone) as books:
        books.happen(
            STREAM,
            finalized_at,
            InvoiceCreated("1.0", Origin.CYCLE, "usd", finalized_at, lines),
            InvoiceFinalized("1.0", 1, finalized_at, 0, max(0, -sum(amounts))),
        )
        assert books.posted() == books.expected()
        check_sums(books)
        revenue = sum(each.amount_minor for each in books.posted() if each.account.startswith("Income"))
        assert -revenue == sum(amounts)
        assert not sum(each.amount_minor for each in books.posted() if "Deferred" in each.account)


NOTHING = Decimal(0)


def check_sums(books: Posting) -> None:
    """A trial balance is what the postings add up to, whether from sums of days or as of a position."""
    known = sorted({each.posted_on for each in books.posted()})
    middle = known[len(known) // 2] if known else None
    for asked in (
        BooksFilter(),
        BooksFilter(to_day=middle),
        BooksFilter(from_day=middle),
        BooksFilter(upto_position=books.head // 2, to_day=middle),
    ):
        found = {(each.account, each.currency): each[2:] for each in trial_balance(books.view(), asked)}
        assert found == added_up(books.posted(), asked)


def added_up(posted: Sequence[Posted], asked: BooksFilter) -> dict[tuple[str, str], tuple[Decimal, Decimal, Decimal]]:
    found: dict[tuple[str, str], tuple[Decimal, Decimal, Decimal]] = {}
    for each in posted:
        late = asked.to_day is not None and each.posted_on > asked.to_day
        if late or (asked.upto_position is not None and each.position > asked.upto_position):
            continue
        opening, debits, credits_ = found.get((each.account, each.currency), (NOTHING,) * 3)
        if asked.from_day is not None and each.posted_on < asked.from_day:
            opening += each.amount_minor
        else:
            debits, credits_ = debits + max(each.amount_minor, 0), credits_ - min(each.amount_minor, 0)
        found[each.account, each.currency] = opening, debits, credits_
    return found


def a_year(books: Posting, at: datetime, invoice_id: str = "1.0") -> None:
    """An invoice of 1,200.00 for the year from an instant on."""
    line = Line(LineKind.BASE, 120_000, "pro", period_start=at, period_end=at.replace(year=at.year + 1))
    created = InvoiceCreated(invoice_id, Origin.CYCLE, "usd", at, (line,))
    books.happen(STREAM, at, created, InvoiceFinalized(invoice_id, 1, at))


def test_a_year_is_earned_on_the_last_days_of_its_months(books_url: str) -> None:
    with posting(books_url, "Europe/Berlin") as books:
        a_year(books, datetime(2026, 1, 14, 23, 30, tzinfo=UTC))
        earned = [each for each in books.posted() if each.account.startswith("Income")]
    assert [each.posted_on.isoformat() for each in earned][:3] == ["2026-01-31", "2026-02-28", "2026-03-31"]
    assert earned[-1].posted_on.isoformat() == "2027-01-14"
    assert [-each.amount_minor for each in earned][:3] == [5_589, 9_206, 10_191]
    assert -sum(each.amount_minor for each in earned) == 120_000


def test_what_belongs_to_a_closed_period_is_posted_on_the_first_open_day(books_url: str) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    with posting(books_url, "UTC") as books:
        a_year(books, at)
        books.close(date(2026, 3, 31))
        a_year(books, at, "2.0")
        books.close(None)
        a_year(books, at, "3.0")
        posted = books.posted()
    on_time, late, reopened = ([each for each in posted if each.position == position] for position in (3, 6, 9))
    assert [each.posted_on for each in on_time] == [each.natural_on for each in on_time]
    assert [each.posted_on for each in reopened] == [each.natural_on for each in reopened]
    assert {each.natural_on for each in late if each.posted_on != each.natural_on} == {
        date(2026, 1, 1),
        date(2026, 1, 31),
        date(2026, 2, 28),
        date(2026, 3, 31),
    }
    assert {each.posted_on for each in late if each.posted_on != each.natural_on} == {date(2026, 4, 1)}


def test_a_day_is_one_of_the_ledgers_time_zone_as_it_was_then(books_url: str) -> None:
    at = datetime(2026, 1, 31, 23, 30, tzinfo=UTC)
    with posting(books_url, "UTC") as books:
        a_year(books, at)
        books.zone_becomes("Asia/Kolkata")
        a_year(books, at, "2.0")
        first, *_ = [each for each in books.posted() if each.position == 3]
        second, *_ = [each for each in books.posted() if each.position == 6]
    assert (first.posted_on, second.posted_on) == (date(2026, 1, 31), date(2026, 2, 1))
