"""Uses as they were recorded, each with what it took from which balance, of which plan: the rows behind every sum."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from projections.cursors import BY_INSTANT, Question, from_cursor, to_cursor
from projections.queries.rows import Page
from projections.usage.fold import MODEL
from projections.view import View

MODELS = ("customers", "usage")


class UseFilter(NamedTuple):
    """Which uses count; None keeps everything. `used_to` is outside.

    `properties` are names and what they must be, None where a use must not have them. `without` names of entity and
    plan what must not be there. `balance_feature_id` keeps what was taken from balances of that feature.
    """

    stream_id: UUID | None = None
    feature_ids: tuple[str, ...] | None = None
    entity_id: str | None = None
    plan_id: str | None = None
    balance_feature_id: str | None = None
    event_name: str | None = None
    properties: tuple[tuple[str, str | None], ...] = ()
    without: tuple[str, ...] = ()
    used_from: datetime | None = None
    used_to: datetime | None = None
    upto_position: int | None = None

    def parameters(self) -> dict[str, Any]:
        """As statements take it, without the range of time."""
        return {
            "stream_id": self.stream_id,
            "feature_ids": None if self.feature_ids is None else list(self.feature_ids),
            "entity_id": self.entity_id,
            "plan_id": self.plan_id,
            "balance_feature_id": self.balance_feature_id,
            "event_name": self.event_name,
            "names": [name for name, _ in self.properties] or None,
            "wanted": [value for _, value in self.properties],
            "no_entity": "entity" in self.without,
            "no_plan": "plan" in self.without,
            "upto_position": self.upto_position,
        }


class Groups(NamedTuple):
    """What sums are split by. `balance` is the feature whose balances were taken from, `grant` one such balance."""

    feature: bool = False
    customer: bool = False
    entity: bool = False
    plan: bool = False
    balance: bool = False
    grant: bool = False
    properties: tuple[str, ...] = ()

    def parameters(self) -> dict[str, Any]:
        """As statements take it."""
        flags = ("feature", "customer", "entity", "plan", "balance", "grant")
        return {**{f"by_{name}": getattr(self, name) for name in flags}, "by_properties": list(self.properties)}


class Group(NamedTuple):
    """One group of uses: a value for everything that they are split by, None for the uses that have none."""

    feature_id: str | None = None
    stream_id: UUID | None = None
    entity_id: str | None = None
    plan_id: str | None = None
    properties: tuple[str | None, ...] = ()


class Outside(NamedTuple):
    """Uses of none of these groups, each with the feature of the balances that were taken from."""

    by: Groups
    groups: tuple[tuple[Group, str | None], ...]

    def parameters(self) -> dict[str, Any]:
        """As the statement takes it."""
        return {**self.by.parameters(), "outside": [_text(*each) for each in self.groups]}


class Use(NamedTuple):
    """A use. `properties` and `deductions` are JSON, as the database has it."""

    position: int
    stream_id: UUID
    version: int
    customer_id: str | None
    feature_id: str
    entity_id: str | None
    event_name: str | None
    value: Decimal
    used_at: datetime
    at: datetime
    properties: str | None
    deductions: str | None


EVERYWHERE = Outside(Groups(), ())


def uses(
    view: View,
    keep: UseFilter,
    *,
    balance_prefix: str,
    outside: Outside | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Page[Use]:
    """A page of uses, newest first.

    Needs the models customers and usage. Raises `InvalidCursor`.
    """
    question = Question(view.ledger_id, "uses", (keep, outside))
    at, position = from_cursor(question, cursor, BY_INSTANT) or (None, None)
    asked = _asked(view, keep, balance_prefix, outside=outside)
    rows = view.rows("list_uses", MODELS, **asked, after_at=at, after_position=position, limit=limit + 1)
    shown = [Use(*row) for row in rows[:limit]]
    last = shown[-1] if len(rows) > limit else None
    return Page(shown, None if last is None else to_cursor(question, (last.used_at, last.position)))


def all_uses(
    view: View, keep: UseFilter, *, balance_prefix: str, outside: Outside | None = None
) -> Iterator[Sequence[Any]]:
    """All of them, in constant memory, as plain rows in the order of `Use`."""
    asked = _asked(view, keep, balance_prefix, outside=outside)
    return view.stream("list_uses", MODELS, **asked, after_at=None, after_position=None, limit=None)


def _asked(view: View, keep: UseFilter, balance_prefix: str, *, outside: Outside | None) -> dict[str, Any]:
    view.standing.require(MODEL)
    return {
        **keep.parameters(),
        "used_from": keep.used_from,
        "used_to": keep.used_to,
        "balance_prefix": balance_prefix,
        **EVERYWHERE.parameters(),
        "outside": None,
        **({} if outside is None else outside.parameters()),
    }


def _text(group: Group, taken_from: str | None) -> str:
    parts = [group.feature_id, taken_from, group.stream_id, group.entity_id, group.plan_id, group.properties]
    return msgspec.json.encode(parts).decode()
