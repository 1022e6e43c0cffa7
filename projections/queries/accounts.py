"""The customer list: any part of it, by any filter, in any order, now or at a moment of the past."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple
from uuid import UUID

from psycopg.sql import Composed

from ledger.store.addresses import internal_stream
from projections.accounts.plans import mark
from projections.cursors import InvalidCursor, Question, from_cursor, to_cursor
from projections.jsonb import read_json
from projections.queries.listing import SORTS, Stretch, compares, estimate, gathered, has_property, part, stretches
from projections.queries.lists import contains, searched
from projections.queries.rows import Page
from projections.queries.searching import pieces
from projections.view import View
from projections.when import When

MODELS: Final = ("accounts", "balances")
FEW: Final = 3_000  # customers that are gathered and sorted in about the time that a page takes anyway
MANY: Final = 100_000  # that many are gathered sooner than the whole list is read
PATIENCE_MS: Final = 60
GATHERING_MS: Final = 300  # a short search may be in nearly every row, and each of them would be looked at
RARE: Final = 300  # customers that have a piece of what is searched for, and are looked at one by one
_THREE_LETTERS: Final = re.compile(r"[^\W_]{3}")
_TYPED: Final = re.compile(r"true|false|null|-?(0|[1-9][0-9]{0,38})(\.[0-9]{1,38})?")


class BalanceTest(NamedTuple):
    """A sum of a feature (granted, remaining or usage) compares (lt, lte, eq, gte, gt) to a number."""

    feature_id: str
    column: str
    comparison: str
    number: Decimal


class AccountFilter(NamedTuple):
    """Which customers to list; what is empty keeps everything. Instants are both inside.

    `search` is a part of the id, the name or the e-mail address in any case, or the whole of an internal id.

    `statuses` (of `plans.Status`) are those of the current plan, the one a row shows. `plans` are `pro`, or `pro@2` for
    a version of it, held by the customer or an entity of it; with them the statuses are those of these plans. With
    `intervals` the plans are those of `billed`, named in the same way: what of `plans`, or of all, is billed so. Every
    one of `metadata` and of `balances` has to hold.
    """

    search: str | None = None
    plans: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    metadata: tuple[tuple[str, str], ...] = ()
    balances: tuple[BalanceTest, ...] = ()
    created_from: datetime | None = None
    created_to: datetime | None = None
    intervals: tuple[str, ...] = ()
    billed: tuple[str, ...] | None = None

    @property
    def asked(self) -> "AccountFilter":
        """What was asked, without what it comes to: a plan that is new between two pages makes no other question."""
        return self._replace(billed=None)

    @property
    def held(self) -> tuple[str, ...] | None:
        """The plans to be on; None where that is not asked."""
        if not self.intervals:
            return self.plans or None
        assert self.billed is not None  # the catalog says it, and no row
        return self.billed


class Ordering(NamedTuple):
    """Which column of `SORTS` to sort by, and which feature's sums belong to the list."""

    sort: str = "created_at"
    descending: bool = True
    feature_id: str | None = None


def models_of(keep: AccountFilter, ordering: Ordering) -> Sequence[str]:
    """What a list waits for: without sums of balances in it, not for the uses that move them."""
    return MODELS if keep.balances or ordering.feature_id is not None else ("accounts",)


class AccountRow(NamedTuple):
    """A customer of the list: amounts in minor units, `metadata` and `owed_other` as JSON text.

    `currency` is None for that of the ledger. `granted` to `unlimited` are sums of the feature that was asked for, None
    for none. `marks` are there where plans were asked for: which of them it is on, and how (`plans.found_by`).
    """

    stream_id: UUID
    customer_id: str | None
    name: str | None
    email: str | None
    metadata: str | None
    created_at: datetime
    currency: str | None
    plan_id: str | None
    plan_version: int | None
    plan: str | None
    plan_status: str
    active_subscriptions: int
    owed_minor: int
    owed_other: str | None
    credit_minor: int
    granted: Decimal | None
    remaining: Decimal | None
    usage: Decimal | None
    unlimited: bool | None
    marks: Sequence[str] | None = None

    def owed_elsewhere(self) -> Mapping[str, int]:
        """What is owed in currencies that the customer was billed in by others, in minor units."""
        return {} if self.owed_other is None else read_json(self.owed_other)


def accounts(
    view: View,
    keep: AccountFilter,
    ordering: Ordering,
    when: When | None = None,
    *,
    moment: object = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Page[AccountRow]:
    """A page of customers. Needs `MODELS`. At a moment of the past there are no sums to filter, sort or show by.

    `moment` is what tells one question about the past from another, where the log may go on between two pages.
    """
    question = Question(view.ledger_id, "accounts", (keep.asked, ordering, moment))
    after = from_cursor(question, cursor, (int, str, UUID))
    asked = _Asked(keep, ordering, when)
    place = None if after is None else asked.place(*after)
    found = asked.rows(view, limit + 1, place)
    rows = [AccountRow(*row[2:]) for row in found[:limit]]
    return Page(rows, to_cursor(question, found[limit - 1][:3]) if len(found) > limit else None)


class Leaf(NamedTuple):
    """A page that leads both ways: cursors for what is `before` it and `after` it, None where nothing is."""

    items: Sequence[AccountRow]
    before: str | None
    after: str | None


def leaf(
    view: View,
    keep: AccountFilter,
    ordering: Ordering,
    *,
    limit: int = 50,
    after: str | None = None,
    before: str | None = None,
) -> Leaf:
    """A page of customers as they are now, after a cursor, or before one, or the first. Needs `MODELS`.

    The cursors are those of `accounts`. Raises `InvalidCursor`.
    """
    question = Question(view.ledger_id, "accounts", (keep.asked, ordering, None))
    cursor = from_cursor(question, before or after, (int, str, UUID))
    asked = _Asked(keep, ordering, None, backwards=before is not None)
    found = asked.rows(view, limit + 1, None if cursor is None else asked.place(*cursor))
    rows, more = found[:limit], len(found) > limit
    if before is not None:
        rows.reverse()
    if not rows:
        return Leaf([], None, None)
    first, last = to_cursor(question, rows[0][:3]), to_cursor(question, rows[-1][:3])
    items = [AccountRow(*row[2:]) for row in rows]
    if before is not None:
        return Leaf(items, first if more else None, last)
    return Leaf(items, first if after is not None else None, last if more else None)


def stream_accounts(
    view: View, keep: AccountFilter, ordering: Ordering, when: When | None = None
) -> Iterator[Sequence[Any]]:
    """All customers of a list a few at a time, each as the values of an `AccountRow`."""
    asked = _Asked(keep, ordering, when)
    for stretch in asked.stretches:
        for row in view.stream(asked.statement(stretch), MODELS, **asked.parameters, limit=None):
            yield row[1:]


class Place(NamedTuple):
    """Where a page of the list begins, or ends where it goes backwards: which key and stream, in which stretch."""

    stretch: int
    key: Any
    stream_id: UUID


class _Asked:
    """A question with the parameters of its statements. Going `backwards`, everything is read from its end."""

    def __init__(self, keep: AccountFilter, ordering: Ordering, when: When | None, *, backwards: bool = False) -> None:
        assert when is None or not (keep.balances or SORTS[ordering.sort].of_feature)
        self._sort, self._descending = SORTS[ordering.sort], ordering.descending != backwards
        self._backwards, self.stretches = backwards, stretches(self._sort, descending=self._descending)
        self._whole = "present" if when is None else "past"
        self._conditions, self._only_gathered = list[Composed](), list[Composed]()
        self.parameters: dict[str, Any] = {} if when is None else when.parameters()
        held, ways = keep.held, keep.statuses or (None,)
        self.parameters |= {"feature_id": ordering.feature_id, "of_plans": held is not None}
        self._keep("marks", None if held is None else [mark(plan, status) for plan in held for status in ways])
        self._keep("statuses", list(keep.statuses) or None if held is None else None)
        internal = internal_stream((keep.search or "").strip().lower())
        self._keep("internal", internal)
        self._look_for(keep.search if internal is None else None)
        self._keep("created_from", keep.created_from)
        self._keep("created_to", keep.created_to)
        for number, (key, value) in enumerate(keep.metadata):
            self._has(number, key, value)
        for number, test in enumerate(keep.balances):
            self._conditions.append(compares(number, test.column, test.comparison))
            self.parameters |= {f"feature_{number}": test.feature_id, f"number_{number}": test.number}

    def place(self, stretch: int, key: str, stream_id: UUID) -> Place:
        """Where a cursor points. Raises `InvalidCursor`."""
        if not 0 <= stretch < len(self.stretches):
            raise InvalidCursor
        if self.stretches[stretch].empty:
            return Place(stretch, None, stream_id)
        try:
            return Place(stretch, self._sort.parse(key), stream_id)
        except ValueError as error:
            raise InvalidCursor from error

    def rows(self, view: View, limit: int, after: Place | None) -> list[Any]:
        """The first rows, or those after a place, each behind its stretch.

        What a filter leaves may be few, and then is gathered and sorted. Else the list is read in its order until there
        are enough: soon, unless they are all at its other end, and then they are gathered after all. Where that takes
        long as well, there are many, and the list is read on until it has them.
        """
        if not self._conditions or self._whole == "past":
            return self.in_order(view, limit, after)
        found = self.gathered(view, limit, after, FEW) if self._expected(view, self._conditions) <= FEW else None
        if found is None:
            found = view.within(PATIENCE_MS, lambda: self.in_order(view, limit, after))
        if found is None:
            found = view.within(GATHERING_MS, lambda: self.gathered(view, limit, after, MANY))
        return self.in_order(view, limit, after) if found is None else found

    def gathered(self, view: View, limit: int, after: Place | None, most: int) -> list[Any] | None:
        """The rows out of all that the filter leaves; None where these are more than `most`."""
        number, conditions = None if after is None else after.stretch, self._gathering(view)
        way = {"descending": self._descending, "backwards": self._backwards}
        statement = gathered(self._sort, conditions, after=number, **way)
        parameters = {**self.parameters, **_parameters(after), "limit": limit, "most": most + 1}
        rows = view.rows(statement, MODELS, **parameters)
        return None if rows[0][0] > most else [row[1:] for row in rows if row[1] is not None]

    def _gathering(self, view: View) -> list[Composed]:
        """The conditions, with what is searched for found by a piece of it, if there is one that few have.

        An index of three letters at a time looks up all of them, those too that everybody has: much of most addresses.
        """
        for piece in self._pieces:
            self.parameters["piece"] = contains(piece)
            if self._expected(view, [part("with_piece")]) <= RARE:
                whole = part("with_search")
                found = [part("with_whole") if each == whole else each for each in self._conditions]
                return [*found, part("with_piece")]
        return [*self._conditions, *self._only_gathered]

    def in_order(self, view: View, limit: int, after: Place | None) -> list[Any]:
        """The rows, read in their order until there are enough."""
        found = list[Any]()
        numbers = range(len(self.stretches))
        for number in reversed(numbers) if self._backwards else numbers:
            if after is not None and (number > after.stretch if self._backwards else number < after.stretch):
                continue
            missing, place = limit - len(found), after if after is not None and number == after.stretch else None
            if missing:
                statement = self.statement(self.stretches[number], goes_on=place is not None)
                rows = view.rows(statement, MODELS, **self.parameters, **_parameters(place), limit=missing)
                found += [(number, *row) for row in rows]
        return found

    def statement(self, stretch: Stretch, *, goes_on: bool = False) -> Composed:
        """The statement of a stretch."""
        return stretch.statement(self._whole, self._conditions, goes_on=goes_on)

    def _expected(self, view: View, conditions: Sequence[Composed]) -> int:
        ((plans,),) = view.rows(estimate(conditions), MODELS, **self.parameters)
        return int((plans if isinstance(plans, list) else json.loads(plans))[0]["Plan"]["Plan Rows"])

    def _keep(self, name: str, value: Any) -> None:
        if value is not None:
            self._conditions.append(part(f"with_{name}"))
            self.parameters[name] = value

    def _look_for(self, search: str | None) -> None:
        self._keep("search", contains(search))
        self._pieces = pieces(search or "")
        self.parameters["whole"] = searched(search)
        if search and not _THREE_LETTERS.search(search):
            # Only where few are gathered: the planner cannot tell how many it leaves, and guesses far too few.
            self._only_gathered.append(part("with_pairs"))
            self.parameters["pairs"] = search.lower()

    def _has(self, number: int, key: str, value: str) -> None:
        typed = _TYPED.fullmatch(value) is not None
        self._conditions.append(has_property(number, typed=typed))
        name = json.dumps(key, ensure_ascii=False)
        self.parameters[f"property_{number}"] = f"{{{name}: {json.dumps(value, ensure_ascii=False)}}}"
        if typed:
            self.parameters[f"typed_{number}"] = f"{{{name}: {value}}}"


def _parameters(place: Place | None) -> dict[str, Any]:
    return {} if place is None else {"after_key": place.key, "after_stream": place.stream_id}
