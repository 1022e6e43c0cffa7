"""A ledger with a crowd in it: the size that the promises about lists, the past and analytics are made for.

Everybody comes in through the ledger's own door, with real commands. Four of ten customers have a past: they stand on
clocks of their own, and what they used lies anywhere in the year before. The others live on real time. Two are not
like the rest: `heavy` has a hundred thousand events, `busy` used something every hour of the year.
"""

import contextlib
import random
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count

from api.schema import bring_up_to_date
from benchmarks.bench import Bench
from benchmarks.database import Database, kept, throw_away
from benchmarks.ours import BY, LEDGER_ID
from benchmarks.server import MASTER_KEY_BYTES
from ledger.clock import utc_now
from ledger.core.balances.usage import Track
from ledger.core.decider import Command
from ledger.core.offers.catalog import CreateFeature, CreatePlan
from ledger.core.period import Every, Interval
from ledger.core.profile import CreateCustomer
from ledger.core.settings import CreateLedger, Env
from ledger.core.subscriptions.change import Attach
from ledger.core.terms import BasePrice, Feature, FeatureKind, Plan, PlanItem
from ledger.store.ledger import (
    CatalogAddress,
    CustomerAddress,
    Ledger,
    OpeningAddress,
    SettingsAddress,
    Step,
    Store,
)

FULL_CUSTOMERS, FULL_EVENTS = 100_000, 1_000_000
COHORT = 100
CALLERS = 4
WITH_A_PAST = 4  # of ten
YEAR = timedelta(days=365)
PAID_SINCE = timedelta(days=50)  # those who pay by the month came in lately, so that renewals stay few
HOURS = 24 * 365
FEATURES = ("messages", "api_calls")
PLANS = ("free", "free", "free", "pro", "pro", "team")
REGIONS = ("eu-north", "eu-west", "us-east", "us-west", "ap-south", "ap-east", "sa-east", "af-south")
TIERS = ("standard", "silver", "gold")
# fmt: off
WORDS = (
    "amber", "basalt", "cedar", "delta", "ember", "fjord", "garnet", "harbor", "indigo", "juniper", "kelp", "larch",
    "maple", "nectar", "onyx", "pebble", "quartz", "raven", "slate", "timber", "umber", "valley", "willow", "yarrow",
    "zephyr",
)
# fmt: on


@dataclass(frozen=True)
class Size:
    """How many customers, how many events in all (about), and how many of them are `heavy`'s."""

    customers: int
    events: int
    heavy: int = 100_000

    @property
    def uses(self) -> int:
        """How often each customer uses something, so that the events come out about right."""
        others = self.events - self.heavy - 2 * HOURS - EVENTS_BEFORE_USE * self.customers
        return max(1, round(others / self.customers / EVENTS_A_USE))


EVENTS_BEFORE_USE = 4.4  # created, attached, and what the plan's first invoice and its renewals write, on average
EVENTS_A_USE = 1.4  # a use on a clock of one's own moves the clock too


@contextlib.contextmanager
def crowded(bench: Bench) -> Iterator[tuple[Database, Size]]:
    """A database whose ledger has a crowd in it; nobody serves it, and its models are as somebody left them.

    With `--crowd DIR` it is kept there and used again, at the size it was made in: a tenth of an hour for each
    million events is then paid once.
    """
    size = Size(bench.size(bench.customers or FULL_CUSTOMERS), bench.size(bench.events or FULL_EVENTS))
    if bench.crowd is None:
        with throw_away(bench.directory) as database:
            _make(database, size)
            yield database, size
        return
    with kept(bench.crowd) as database:
        said = bench.crowd / "crowd.txt"
        if not said.exists():
            _make(database, size)
            said.write_text(f"{size.customers} {size.events} {size.heavy}\n")
        yield database, Size(*map(int, said.read_text().split()))


def _make(database: Database, size: Size) -> None:
    bring_up_to_date(database.url)
    with contextlib.closing(Store(database.url, operator_key=MASTER_KEY_BYTES)) as store:
        store.create_ledger(LEDGER_ID, Env.SANDBOX)
        fill(store.ledger(LEDGER_ID), size)


def fill(ledger: Ledger, size: Size) -> None:
    """Put the crowd into a new ledger; says on stderr how far it is."""
    _offer(ledger)
    cohorts = range(0, size.customers, COHORT)
    done, lock = count(1), threading.Lock()

    def put_in(begin: int) -> None:
        _cohort(ledger, range(begin, min(begin + COHORT, size.customers)), size.uses)
        with lock:
            number = next(done)
        if number % max(1, len(cohorts) // 20) == 0:
            print(f"  {number * COHORT:,} of {size.customers:,} customers are in", file=sys.stderr, flush=True)

    with ThreadPoolExecutor(CALLERS) as callers:
        busy = callers.submit(_busy, ledger)
        list(callers.map(put_in, cohorts))
        busy.result()
    _heavy(ledger, size.heavy)


def _offer(ledger: Ledger) -> None:
    ledger.execute(SettingsAddress(), CreateLedger(LEDGER_ID, Env.SANDBOX), by=BY)
    for feature_id in FEATURES:
        feature = Feature(feature_id, feature_id.replace("_", " ").title(), FeatureKind.CONSUMABLE)
        ledger.execute(CatalogAddress(), CreateFeature(feature), by=BY)
    monthly, yearly = Every(Interval.MONTH), Every(Interval.YEAR)
    for plan_id, base, messages in (
        ("free", None, 100),
        ("pro", BasePrice(2_000, monthly), 5_000),
        ("team", BasePrice(99_000, yearly), 50_000),
    ):
        items = tuple(PlanItem(each, FeatureKind.CONSUMABLE, Decimal(messages), reset=monthly) for each in FEATURES)
        plan = Plan(plan_id, 1, plan_id.title(), datetime(2020, 1, 1, tzinfo=UTC), base=base, items=items)
        ledger.execute(CatalogAddress(), CreatePlan(plan), by=BY)


def _cohort(ledger: Ledger, numbers: Sequence[int], uses: int) -> None:
    """A few customers from the first to the last thing they do, one after the other, so that they stay warm."""
    draw = random.Random(numbers[0])
    with_past = (numbers[0] // COHORT) % 10 < WITH_A_PAST
    plan_id = draw.choice(PLANS)
    when = _instants(draw, uses, PAID_SINCE if plan_id == "pro" else YEAR) if with_past else None
    begin = None if when is None else next(when)
    ledger.execute_all([_opening(draw, number) for number in numbers], by=BY, business_now=begin)
    attach = [Step(CustomerAddress(f"c{number}"), _attach(draw, plan_id, present=when is None)) for number in numbers]
    ledger.execute_all(attach, by=BY, business_now=begin)
    for _ in range(uses):
        steps = [Step(CustomerAddress(f"c{number}"), _use(draw)) for number in numbers]
        ledger.execute_all(steps, by=BY, business_now=None if when is None else next(when))


def _opening(draw: random.Random, number: int) -> Step:
    first, second = draw.choice(WORDS), draw.choice(WORDS)
    command = CreateCustomer(
        f"c{number}",
        name=f"{first.title()} {second.title()} {number}",
        email=f"billing.{number}@{second}-{first}.example",
        metadata={"region": draw.choice(REGIONS), "tier": draw.choice(TIERS)},
    )
    return Step(OpeningAddress(f"c{number}", command.email), command)


def _attach(draw: random.Random, plan_id: str, *, present: bool) -> Attach:
    """Those who live on real time are billed on days of their own, and none within the hour."""
    if not present or plan_id == "free":
        return Attach(plan_id)
    return Attach(plan_id, anchor_at=utc_now() + timedelta(days=draw.uniform(1, 27)))


def _use(draw: random.Random) -> Command:
    properties = {"model": draw.choice(("small", "large")), "region": draw.choice(REGIONS)}
    return Track(draw.choice(FEATURES), value=Decimal(draw.randint(1, 9)), properties=properties)


def _instants(draw: random.Random, uses: int, back: timedelta) -> Iterator[datetime]:
    """Instants of the past in order: a beginning, and one for each use."""
    span = back.total_seconds()
    ago = sorted((draw.uniform(86_400, span) for _ in range(uses + 1)), reverse=True)
    now = utc_now().replace(microsecond=0)
    return iter([now - timedelta(seconds=round(each)) for each in ago])


def _busy(ledger: Ledger) -> None:
    draw, begin = random.Random("busy"), utc_now().replace(microsecond=0) - YEAR
    address = CustomerAddress("busy")
    opening = Step(OpeningAddress("busy", None), CreateCustomer("busy", name="Busy all year"))
    ledger.execute_all([opening, Step(address, Attach("free"))], by=BY, business_now=begin)
    for hour in range(HOURS):
        ledger.execute(address, _use(draw), by=BY, business_now=begin + timedelta(hours=hour, minutes=7))


def _heavy(ledger: Ledger, events: int) -> None:
    draw, address = random.Random("heavy"), CustomerAddress("heavy")
    opening = Step(OpeningAddress("heavy", None), CreateCustomer("heavy", name="Heavy user", plan_id="team"))
    ledger.execute_all([opening], by=BY)
    for begin in range(0, events, COHORT):
        steps = [Step(address, _use(draw)) for _ in range(min(COHORT, events - begin))]
        ledger.execute_all(steps, by=BY)
