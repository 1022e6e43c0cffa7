"""What is shown is what is charged, parts sum to the whole, and money is whole minor units: on random catalogs."""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ledger.core.customer import BillingChange, decide, preview
from ledger.core.errors import Refusal
from ledger.core.events import Event, InvoiceCreated, InvoiceFinalized, Line, LineKind, Origin, Quantity
from ledger.core.invoices.invoice import InvoiceStatus
from ledger.core.money import spread
from ledger.core.period import period_at
from ledger.core.settings import LedgerSettings
from ledger.core.subscriptions.change import Attach, Schedule
from ledger.core.terms import BasePrice, Plan, PlanItem
from ledger.core.time import upcoming
from tests.core import naive
from tests.core.offers import START
from tests.properties.generator import CYCLES, History, changes, histories, plans, quantities_of
from tests.properties.life import Life, Numbers, lived

EXACT = {"unit_price_minor", "flat_minor"}  # prices may have fractions of a minor unit; what is owed may not


def amounts_in(value: object) -> Iterator[tuple[str, object]]:
    """Every amount of minor units that is owed or paid, wherever it lies in a value."""
    if isinstance(value, msgspec.Struct):
        for field in msgspec.structs.fields(value):
            found = getattr(value, field.name)
            if field.name.endswith("_minor") and field.name not in EXACT and found is not None:
                yield field.name, found
            yield from amounts_in(found)
    elif isinstance(value, dict):
        for each in value.values():
            yield from amounts_in(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from amounts_in(each)


def invoiced(events: Sequence[Event]) -> tuple[Line, ...]:
    return tuple(line for event in events if isinstance(event, InvoiceCreated) for line in event.lines)


def refusal_of(ask: Callable[[], object]) -> tuple[str, str] | None:
    """The code and the sentence of a refusal; None where there is none."""
    try:
        ask()
    except Refusal as refused:
        return refused.code, str(refused)
    return None


def check_preview(life: Life, command: BillingChange) -> None:
    """Ask what a change would do, then let it happen: the same events, lines and total; and asking wrote nothing."""
    life.catch_up()
    before = life.customer
    kept = repr(before)
    refused = refusal_of(lambda: preview(before, command, life.context()))
    if refused is not None:
        assert refusal_of(lambda: decide(before, command, life.context())) == refused
        return
    quote = preview(before, command, life.context())
    assert life.customer is before
    assert repr(before) == kept
    happened = life.do(command)
    planned = quote.planned
    assert list(planned.events) == list(happened)
    assert planned.total_minor == sum(line.amount_minor for line in planned.lines)
    if not planned.abandoned and invoiced(happened):
        assert invoiced(happened) == tuple(planned.lines)
    assert all(type(found) is int for _, found in amounts_in((planned, quote.next_cycle)))


@st.composite
def lives_and_changes(draw: st.DrawFn) -> tuple[History, list[BillingChange]]:
    history = draw(histories(most=8))
    return history, draw(st.lists(changes(history.plans), min_size=1, max_size=3))


def check_previews(history: History, asked: Sequence[BillingChange]) -> None:
    life = Life(history)
    for wait, command in history.steps:
        life.wait(wait)
        if isinstance(command, BillingChange):
            check_preview(life, command)
        else:
            life.act(command)
    for command in asked:
        check_preview(life, command)


@given(lives_and_changes())
@settings(max_examples=100)
def test_a_change_does_what_its_preview_said(asked: tuple[History, list[BillingChange]]) -> None:
    check_previews(*asked)


@pytest.mark.slow
@given(lives_and_changes())
@settings(max_examples=1000)
def test_a_change_does_what_its_preview_said_many_times(asked: tuple[History, list[BillingChange]]) -> None:
    check_previews(*asked)


@given(histories())
@settings(max_examples=60)
def test_everything_that_is_owed_or_paid_is_whole_minor_units(history: History) -> None:
    life = lived(history)
    found = list(amounts_in([event for _, event in life.log]))
    found += amounts_in(life.customer.account)
    found += amounts_in(upcoming.next_invoices(life.customer, life.context()))
    assert [each for each in found if type(each[1]) is not int] == []


@given(histories())
@settings(max_examples=60)
def test_what_was_invoiced_is_paid_open_void_or_credited(history: History) -> None:
    account = lived(history).customer.account
    final = [each for each in account.invoices.values() if each.status is not InvoiceStatus.DRAFT]
    closed = {InvoiceStatus.VOID, InvoiceStatus.UNCOLLECTIBLE}
    settled = sum(each.paid_minor + each.due_minor + each.credit_applied_minor + each.credited_minor for each in final)
    settled += sum(each.total_minor for each in final if each.status in closed)
    added = sum(min(each.total_minor, 0) for each in final)
    assert sum(each.total_minor for each in final) == settled + added
    assert account.credit_minor == -added - sum(each.credit_applied_minor for each in final)
    assert sorted(each.number or 0 for each in final) == list(range(1, len(final) + 1))


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=12), st.integers(0, 10**9))
def test_parts_and_the_remainder_that_goes_to_the_first_of_them_sum_up(weights: list[int], amount: int) -> None:
    parts = spread(amount, weights)
    assert sum(parts) == amount
    exact = [Fraction(amount * weight, sum(weights)) for weight in weights]
    assert all(
        0 <= part - (share.numerator // share.denominator) <= 1 for part, share in zip(parts, exact, strict=True)
    )


# --- there and back -----------------------------------------------------------------------------------------


def _without_limit(item: PlanItem) -> PlanItem:
    price = item.price and msgspec.structs.replace(item.price, max_purchase=None)
    return msgspec.structs.replace(item, price=price)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Plan, Plan, tuple[Quantity, ...], tuple[Quantity, ...], timedelta]:
    """Two plans that are billed at the same interval, with what is bought of each, and how long after the start."""
    every = draw(st.sampled_from(CYCLES))
    made = []
    for name in ("there", "back"):
        offered = draw(plans(name))
        base = BasePrice(draw(st.integers(1, 50_000)), every)
        items = tuple(_without_limit(item) for item in offered.items if item.price is None or item.price.every == every)
        made.append(msgspec.structs.replace(offered, base=base, items=items, add_on=False, group="", free_trial=None))
    there, back = made
    wait = timedelta(milliseconds=draw(st.integers(0, 400 * 86_400_000)))
    return there, back, draw(quantities_of(there)), draw(quantities_of(back)), wait


def switched(history: History, old: Attach, new: Attach, wait: timedelta) -> Sequence[Line]:
    """The lines of a switch at an instant."""
    life = Life(history)
    life.do(old)
    life.wait(wait)
    life.catch_up()
    now = msgspec.structs.replace(new, schedule=Schedule.IMMEDIATE)
    return preview(life.customer, now, life.context()).planned.lines


@given(pairs())
@settings(max_examples=100)
def test_a_switch_and_the_switch_back_at_the_same_instant_are_opposite(
    pair: tuple[Plan, Plan, tuple[Quantity, ...], tuple[Quantity, ...], timedelta],
) -> None:
    there, back, of_there, of_back, wait = pair
    assume(not there.anchor_to_month_start and not back.anchor_to_month_start)
    sold = [{item.feature_id for item in each.items if item.prepaid} for each in (there, back)]
    assume({each.feature_id for each in of_there} >= sold[0] & sold[1])
    assume({each.feature_id for each in of_back} >= sold[0] & sold[1])
    history = History((there, back), LedgerSettings(), START, ())
    to_there, to_back = Attach("there", quantities=of_there), Attach("back", quantities=of_back)
    first, other = switched(history, to_there, to_back, wait), switched(history, to_back, to_there, wait)
    assert sorted(_told(line) for line in first) == sorted(_told(line, -1) for line in other)
    assert sum(line.amount_minor for line in first) == -sum(line.amount_minor for line in other)


def _told(line: Line, sign: int = 1) -> tuple[str, str, int, str]:
    return line.plan_id or "", line.feature_id or "", sign * line.amount_minor, str(line.period_end)


@given(pairs())
@settings(max_examples=60)
def test_the_base_of_a_switch_is_what_the_plainest_way_says(
    pair: tuple[Plan, Plan, tuple[Quantity, ...], tuple[Quantity, ...], timedelta],
) -> None:
    there, back, _, _, wait = pair
    assume(not there.anchor_to_month_start and not back.anchor_to_month_start)
    history = History((there, back), LedgerSettings(), START, ())
    lines = switched(history, Attach("there"), Attach("back"), wait)
    assert there.base is not None
    assert back.base is not None
    start, end = period_at(START, there.base.every, START + wait)
    expected = [
        naive.rounded(sign * naive.share(Fraction(base.amount_minor), start, end, START + wait))
        for sign, base in ((-1, there.base), (1, back.base))
    ]
    assert sorted(line.amount_minor for line in lines if line.kind == "base") == sorted(expected)


# --- several customers --------------------------------------------------------------------------------------


def merged(first: History, second: History, picks: Sequence[bool]) -> tuple[Life, Life]:
    """Two customers of one ledger, whose commands come in the order of `picks`, each at its own time."""
    numbers = Numbers()
    lives = [Life(first, numbers), Life(second, numbers)]
    waiting = [list(first.steps), list(second.steps)]
    for pick in (*picks, *([True] * len(first.steps)), *([False] * len(second.steps))):
        life, steps = (lives[0], waiting[0]) if pick else (lives[1], waiting[1])
        if steps:
            wait, command = steps.pop(0)
            life.wait(wait)
            life.act(command)
    return lives[0], lives[1]


def without_numbers(life: Life) -> list[object]:
    return [
        (at, msgspec.structs.replace(event, number=0) if isinstance(event, InvoiceFinalized) else event)
        for at, event in life.log
    ]


@given(histories(), histories(), st.lists(st.booleans(), max_size=24), st.lists(st.booleans(), max_size=24))
@settings(max_examples=40)
def test_what_different_customers_do_does_not_depend_on_who_comes_first(
    first: History, second: History, one: list[bool], other: list[bool]
) -> None:
    second = second._replace(plans=first.plans, settings=first.settings)
    in_one, in_other = merged(first, second, one), merged(first, second, other)
    for here, there in zip(in_one, in_other, strict=True):
        assert without_numbers(here) == without_numbers(there)
    for lives in (in_one, in_other):
        given_out = [event.number for life in lives for _, event in life.log if isinstance(event, InvoiceFinalized)]
        assert sorted(given_out) == list(range(1, len(given_out) + 1))


def test_the_amounts_of_a_value_are_found() -> None:
    line = Line(LineKind.BASE, 5, unit_price_minor=Decimal("0.5"))
    found = dict(amounts_in([InvoiceCreated("1", Origin.CYCLE, "usd", START, (line,))]))
    assert found["amount_minor"] == 5
    assert "unit_price_minor" not in found
