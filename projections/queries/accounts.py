"""The customer list: any part of it, by any filter, in any order, now or at a moment of the past."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple
from uuid import UUID

from psycopg.sql import Composed

from projections.accounts.plans import mark
from projections.cursors import InvalidCursor, Question, from_cursor, to_cursor
from projections.jsonb import read_json
from projections.queries.listing import SORTS, Stretch, compares, has_property, part, stretches
from projections.queries.lists import contains
from projections.queries.rows import Page
from projections.view import View
from projections.when import When

MODELS: Final = ("accounts", "balances")
_TYPED: Final = re.compile(r"true|false|null|-?(0|[1-9][0-9]{0,38})(\.[0-9]{1,38})?")


class BalanceTest(NamedTuple):
    """A sum of a feature (granted, remaining or usage) compares (lt, lte, eq, gte, gt) to a number."""

    feature_id: str
    column: str
    comparison: str
    number: Decimal


class AccountFilter(NamedTuple):
    """Which customers to list; what is empty keeps everything. Instants are both inside.

    `plans` are `pro`, or `pro@2` for a version of it; together with `statuses` (of `plans.Status`) they keep who is on
    one of them in one of these. Every one of `metadata` and of `balances` has to hold.
    """

    search: str | None = None
    plans: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    metadata: tuple[tuple[str, str], ...] = ()
    balances: tuple[BalanceTest, ...] = ()
    created_from: datetime | None = None
    created_to: datetime | None = None


class Ordering(NamedTuple):
    """Which column of `SORTS` to sort by, and which feature's sums belong to the list."""

    sort: str = "created_at"
    descending: bool = True
    feature_id: str | None = None


class AccountRow(NamedTuple):
    """A customer of the list: amounts in minor units, `metadata` and `owed_other` as JSON text.

    `currency` is None for that of the ledger. The last four are sums of the feature that was asked for, None for none.
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

    def owed_elsewhere(self) -> Mapping[str, int]:
        """What is owed in currencies that the customer was billed in by others, in minor units."""
        return {} if self.owed_other is None else read_json(self.owed_other)


def accounts(
    view: View,
    keep: AccountFilter,
    ordering: Ordering,
    when: When | None = None,
    *,
    limit: int = 50,
    cursor: str | None = None,
) -> Page[AccountRow]:
    """A page of customers. Needs `MODELS`. At a moment of the past there are no sums to filter, sort or show by."""
    moment = None if when is None else (when.position, when.at)
    question = Question(view.ledger_id, "accounts", (keep, ordering, moment))
    sort = SORTS[ordering.sort]
    after = from_cursor(question, cursor, (int, str, UUID))
    parts, asked, found = stretches(sort, descending=ordering.descending), _Asked(keep, ordering, when), list[Any]()
    begun = 0 if after is None else after[0]
    if not 0 <= begun < len(parts):
        raise InvalidCursor
    for number, stretch in list(enumerate(parts))[begun:]:
        missing = limit + 1 - len(found)
        if missing:
            place = after if number == begun else None
            found += [(number, *row) for row in asked.rows(view, stretch, missing, place)]
    rows = [AccountRow(*row[2:]) for row in found[:limit]]
    return Page(rows, to_cursor(question, found[limit - 1][:3]) if len(found) > limit else None)


def stream_accounts(
    view: View, keep: AccountFilter, ordering: Ordering, when: When | None = None
) -> Iterator[Sequence[Any]]:
    """All customers of a list a few at a time, each as the values of an `AccountRow`."""
    asked = _Asked(keep, ordering, when)
    for stretch in stretches(SORTS[ordering.sort], descending=ordering.descending):
        for row in view.stream(asked.statement(stretch), MODELS, **asked.parameters, limit=None):
            yield row[1:]


class _Asked:
    """A question with the parameters of its statements."""

    def __init__(self, keep: AccountFilter, ordering: Ordering, when: When | None) -> None:
        assert when is None or not (keep.balances or SORTS[ordering.sort].of_feature)
        self._whole = "present" if when is None else "past"
        self._conditions: list[Composed] = []
        self.parameters: dict[str, Any] = {} if when is None else when.parameters()
        self.parameters["feature_id"] = ordering.feature_id
        self._keep("marks", _marks(keep))
        self._keep("search", contains(keep.search))
        self._keep("created_from", keep.created_from)
        self._keep("created_to", keep.created_to)
        for number, (key, value) in enumerate(keep.metadata):
            self._has(number, key, value)
        for number, test in enumerate(keep.balances):
            self._conditions.append(compares(number, test.column, test.comparison))
            self.parameters |= {f"feature_{number}": test.feature_id, f"number_{number}": test.number}

    def statement(self, stretch: Stretch, *, goes_on: bool = False) -> Composed:
        """The statement of a stretch."""
        return stretch.statement(self._whole, self._conditions, goes_on=goes_on)

    def rows(self, view: View, stretch: Stretch, limit: int, after: tuple[int, str, UUID] | None) -> list[Any]:
        """The first rows of a stretch, or those after a key."""
        place: dict[str, Any] = {}
        if after is not None:
            place = {"after_key": None if stretch.empty else _parsed(stretch, after[1]), "after_stream": after[2]}
        statement = self.statement(stretch, goes_on=after is not None)
        return view.rows(statement, MODELS, **self.parameters, **place, limit=limit)

    def _keep(self, name: str, value: Any) -> None:
        if value is not None:
            self._conditions.append(part(f"with_{name}"))
            self.parameters[name] = value

    def _has(self, number: int, key: str, value: str) -> None:
        typed = _TYPED.fullmatch(value) is not None
        self._conditions.append(has_property(number, typed=typed))
        name = json.dumps(key, ensure_ascii=False)
        self.parameters[f"property_{number}"] = f"{{{name}: {json.dumps(value, ensure_ascii=False)}}}"
        if typed:
            self.parameters[f"typed_{number}"] = f"{{{name}: {value}}}"


def _parsed(stretch: Stretch, text: str) -> Any:
    try:
        return stretch.sort.parse(text)
    except ValueError as error:
        raise InvalidCursor from error


def _marks(keep: AccountFilter) -> list[str] | None:
    if not keep.plans and not keep.statuses:
        return None
    plans: Sequence[str | None] = keep.plans or (None,)
    statuses: Sequence[str | None] = keep.statuses or (None,)
    return [mark(plan, status) for plan in plans for status in statuses]
