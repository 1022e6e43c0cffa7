"""The lists of a ledger: customers, entities, subscriptions, purchases and balances, newest first unless asked."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from psycopg.sql import Composed

from ledger.core.balances.balance import Grant
from ledger.core.state import Entity
from ledger.core.subscriptions.subscription import Subscription
from projections.cursors import BY_AGE, BY_AGE_AND_ID, Parse, Question, from_cursor, to_cursor
from projections.customers.fold import EntityRow, to_entity
from projections.queries.people import people
from projections.queries.rows import (
    BalanceEntry,
    BalanceFilter,
    CreatedRange,
    CustomerEntry,
    EntityEntry,
    Page,
    PlanFilter,
    SubscriptionEntry,
)
from projections.statements import in_order
from projections.view import View

CURRENT = ("active", "scheduled")
LIVING = BalanceFilter()


def customers(
    view: View,
    *,
    search: str | None = None,
    plans: Sequence[PlanFilter] = (),
    plan_statuses: Sequence[str] = CURRENT,
    created: CreatedRange | None = None,
    oldest_first: bool = False,
    limit: int = 50,
    cursor: str | None = None,
) -> Page[CustomerEntry]:
    """Customers by when they were created.

    `search` is a part of the id, name or email in any case; `plans` keeps those that are on one of them, in one of
    `plan_statuses`. Needs the models customers, subscriptions and balances.
    """
    created = created or CreatedRange()
    asked = (search, sorted(plans), sorted(plan_statuses), created, oldest_first)
    listing = Listing(view, "customers", asked, BY_AGE, limit, cursor)
    rows = listing.rows(
        in_order("list_customers", oldest_first=oldest_first),
        ("customers", "subscriptions"),
        search=contains(search),
        created_from=created.start,
        created_to=created.end,
        **_plans(plans, plan_statuses),
    )
    entries = people(view, [row[1] for row in rows])
    return Page(entries, listing.next_cursor)


def entities(
    view: View,
    *,
    stream_id: UUID | None = None,
    search: str | None = None,
    plans: Sequence[PlanFilter] = (),
    plan_statuses: Sequence[str] = CURRENT,
    limit: int = 50,
    cursor: str | None = None,
) -> Page[EntityEntry]:
    """Entities of all customers, or of the one with this stream, newest first; `search` is a part of id or name.

    `plans` keeps those that have one of them, themselves or through their customer.
    """
    asked = (stream_id, search, sorted(plans), sorted(plan_statuses))
    listing = Listing(view, "entities", asked, BY_AGE_AND_ID, limit, cursor)
    rows = listing.rows(
        "list_entities",
        ("customers", "subscriptions"),
        stream_id=stream_id,
        search=contains(search),
        **_plans(plans, plan_statuses),
    )
    owners = {each.stream_id: each.state for each in people(view, list(dict.fromkeys(row[1] for row in rows)))}
    found = ((row[1], _entity(row)) for row in rows)
    return Page([EntityEntry(owner, entity, owners[owner]) for owner, entity in found], listing.next_cursor)


def subscriptions(
    view: View,
    *,
    one_off: bool | None = False,
    stream_id: UUID | None = None,
    entity_id: str | None = None,
    statuses: Sequence[str] = CURRENT,
    plan_id: str | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Page[SubscriptionEntry]:
    """Subscriptions, or with `one_off` purchases, or where it is None both, newest first.

    `statuses` out of active, scheduled, expired; `past_due` for those active ones that owe.
    """
    asked = (one_off, stream_id, entity_id, sorted(statuses), plan_id)
    listing = Listing(view, "subscriptions", asked, BY_AGE_AND_ID, limit, cursor)
    rows = listing.rows(
        "list_subscriptions",
        ("customers", "subscriptions"),
        one_off=one_off,
        stream_id=stream_id,
        entity_id=entity_id,
        statuses=list(statuses),
        plan_id=plan_id,
    )
    return Page([_subscription(row) for row in rows], listing.next_cursor)


def balances(
    view: View, keep: BalanceFilter = LIVING, *, limit: int = 50, cursor: str | None = None
) -> Page[BalanceEntry]:
    """Balances, newest first, leftovers within theirs. Needs the models customers and balances."""
    question = keep._replace(statuses=tuple(sorted(keep.statuses)))
    listing = Listing(view, "balances", question, BY_AGE_AND_ID, limit, cursor)
    asked = keep._asdict() | {"statuses": list(keep.statuses)}
    rows = listing.rows("list_balances", ("customers", "balances"), **asked)
    return Page([_balance(row) for row in rows], listing.next_cursor)


class Listing:
    """One page of a list whose statement answers its key first: instant of creation, stream, and maybe an id."""

    def __init__(
        self, view: View, name: str, asked: object, parts: Sequence[Parse], limit: int, cursor: str | None
    ) -> None:
        self._view, self._parts, self._limit = view, parts, limit
        self._question = Question(view.ledger_id, name, asked)
        self._after = from_cursor(self._question, cursor, parts)
        self.next_cursor: str | None = None

    def rows(self, name: str | Composed, models: Sequence[str], **parameters: Any) -> list[Any]:
        """The rows of the page. One more is read, to know whether another page follows."""
        after = self._after or (None,) * len(self._parts)
        keys = dict(zip(("after_at", "after_stream", "after_id"), after, strict=False))
        rows = self._view.rows(name, models, limit=self._limit + 1, **keys, **parameters)
        if len(rows) > self._limit:
            rows = rows[: self._limit]
            self.next_cursor = to_cursor(self._question, rows[-1][: len(self._parts)])
        return rows


def searched(search: str | None) -> str | None:
    """What a text must have in it, in small letters as texts are kept; None where nothing is searched for."""
    return search.lower().replace("\0", "") if search else None


def contains(search: str | None) -> str | None:
    """The pattern of a text that has `search` anywhere in it; None where nothing is searched for."""
    # "\" first: it is what escapes the others.
    text = searched(search)
    return None if text is None else "%" + text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") + "%"


def _plans(plans: Sequence[PlanFilter], statuses: Sequence[str]) -> dict[str, Any]:
    wanted = [(each.plan_id, version) for each in plans for version in (each.versions or (0,))]
    return {
        "plan_ids": [plan_id for plan_id, _ in wanted],
        "plan_versions": [version for _, version in wanted],
        "plan_statuses": list(statuses),
    }


def _entity(row: Sequence[Any]) -> Entity:
    created_at, _, entity_id, feature_id, name, forgotten, controls = row
    return to_entity(EntityRow(entity_id, feature_id, name, forgotten, created_at, controls))


def _subscription(row: Sequence[Any]) -> SubscriptionEntry:
    created_at, stream_id, _, customer_id, status, ended_at, ended_by, clock, state = row
    return SubscriptionEntry(
        stream_id,
        customer_id,
        msgspec.json.decode(state, type=Subscription),
        status,
        created_at,
        ended_at,
        ended_by,
        clock,
    )


def _balance(row: Sequence[Any]) -> BalanceEntry:
    _, stream_id, _, customer_id, status, ended_at, clock, currency, state, rollovers = row
    grant = msgspec.json.decode(state, type=Grant)
    leftovers = msgspec.json.decode(rollovers, type=tuple[Grant, ...]) if rollovers else ()
    return BalanceEntry(stream_id, customer_id, grant, status, ended_at, clock, leftovers, currency)
