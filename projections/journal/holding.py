"""What the journal remembers of an invoice: how it stands, and how much of each line was taken back already."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from enum import Enum, auto
from typing import NamedTuple

import msgspec

from ledger.core.events import Line, LineKind, Origin
from ledger.core.invoices.invoice import Invoice
from ledger.core.invoices.proration import remaining_share
from ledger.core.money import round_minor, spread
from ledger.core.period import Period
from projections.journal.chart import DEFERRED, INSERTED, revenue_of

PAID_AHEAD = (LineKind.BASE, LineKind.PREPAID, LineKind.SEATS, LineKind.CUSTOM)


class Held(msgspec.Struct, frozen=True):
    """An invoice with what the books need beside it.

    `taken` is how much of each line notes and refunds took back; `payable_minor` what a note promised back and has
    not gone yet; `gateway` who was asked for money last; `position` the event that the books know it from.
    """

    invoice: Invoice
    taken: tuple[int, ...] = ()
    payable_minor: int = 0
    gateway: str | None = None
    position: int | None = None

    def left_of(self, item: int) -> int:
        """What is left of a line, in minor units."""
        return self.invoice.lines[item].amount_minor - (self.taken[item] if self.taken else 0)


class Posting(NamedTuple):
    """One line of an entry, a debit above zero. `item` is the line of the invoice that it is about.

    With `earned` the amount is for time from `start` to `end`, and becomes revenue of that account with it.
    """

    account: str
    amount_minor: int
    item: int | None = None
    line: Line | None = None
    earned: str | None = None
    start: datetime | None = None
    end: datetime | None = None


class Time(Enum):
    """Which part of a line's time an amount is for: all of it, what is still to come, or what is over."""

    WHOLE = auto()
    AHEAD = auto()
    OVER = auto()


class Part(NamedTuple):
    """An amount of one line of an invoice, and the part of the line's time that it is for."""

    item: int
    amount_minor: int
    time: Time = Time.WHOLE


def earn(held: Held, part: Part, now: datetime) -> Posting:
    """The side of an entry that is revenue, or will be: a part above zero is earned, one below it taken back."""
    line = held.invoice.lines[part.item]
    account = INSERTED if held.invoice.origin is Origin.INSERTED else revenue_of(line.kind)
    amount = -part.amount_minor
    period = _paid_ahead(line)
    if period is None or period.end <= now or part.time is Time.OVER:
        return Posting(account, amount, part.item, line, None, line.period_start, line.period_end)
    start = max(now, period.start) if part.time is Time.AHEAD else period.start
    return Posting(DEFERRED, amount, part.item, line, account, start, period.end)


def _paid_ahead(line: Line) -> Period | None:
    """The time that a line is charged ahead for; None where it is owed for time that is over, or for none."""
    if line.kind not in PAID_AHEAD or line.period_start is None or line.period_end is None:
        return None
    return Period(line.period_start, line.period_end)


def take(held: Held, parts: Sequence[Part]) -> Held:
    """The same invoice after parts of its lines were taken back."""
    taken = list(held.taken or [0] * len(held.invoice.lines))
    for part in parts:
        taken[part.item] += part.amount_minor
    return msgspec.structs.replace(held, taken=tuple(taken))


def in_proportion(held: Held, amount_minor: int) -> list[Part]:
    """An amount that names no lines, over what is left of them."""
    left = {item: held.left_of(item) for item in range(len(held.invoice.lines))}
    return _shared(amount_minor, {item: each for item, each in left.items() if each > 0})


def unused_first(held: Held, amount_minor: int, now: datetime) -> list[Part]:
    """Money that went back without a note: for the time of its lines that is still to come, then for the rest."""
    unused = {item: each for item, each in _unused(held, now) if each > 0}
    of_unused = min(amount_minor, sum(unused.values()))
    ahead = [part._replace(time=Time.AHEAD) for part in _shared(of_unused, unused)]
    rest = in_proportion(take(held, ahead), amount_minor - of_unused)
    return [*ahead, *(part._replace(time=Time.OVER) for part in rest)]


def matching(held: Held, credited: Sequence[Line]) -> list[Part]:
    """The lines of the invoice that the lines of a credit note take parts of."""
    about = [_about(line) for line in held.invoice.lines]
    found: list[Part] = []
    for line in credited:
        same = [item for item, each in enumerate(about) if each == _about(line)]
        # Of lines that are alike each is taken from in turn.
        item = next((each for each in same if each not in {part.item for part in found}), same[0])
        found.append(Part(item, -line.amount_minor))
    return found


def _unused(held: Held, now: datetime) -> Iterator[tuple[int, int]]:
    for item, line in enumerate(held.invoice.lines):
        left, period = held.left_of(item), _paid_ahead(line)
        if left > 0 and period is not None:
            yield item, round_minor(remaining_share(Decimal(left), period, now))


def _shared(amount_minor: int, weights: dict[int, int]) -> list[Part]:
    if amount_minor <= 0 or not weights:
        return []
    shares = spread(amount_minor, list(weights.values()))
    return [Part(item, share) for item, share in zip(weights, shares, strict=True) if share]


def _about(line: Line) -> tuple[object, ...]:
    """What a credited line keeps of the line that it takes a part of."""
    return (
        line.kind,
        line.plan_id,
        line.subscription_id,
        line.entity_id,
        line.feature_id,
        line.unit_price_minor,
        line.period_start,
        line.period_end,
        line.description,
        line.first_version,
    )
