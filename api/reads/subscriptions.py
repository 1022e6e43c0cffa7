"""GET reads of subscriptions and purchases: of the ledger or of one customer, now or as they were."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from flask import Response

from api.call import Call
from api.dispatch import answer
from api.reads.moments import PAST
from api.reads.past import Then, Whose, page, then_of, whose
from api.reads.query import CURSOR, choice, text, whole
from api.reads.resource import Column, Export, Kind, Resource, Rows
from api.views.rows import subscription_row
from api.views.shapes import Json
from api.wire.limits import ROW_PAGE_ROWS_MAX
from ledger.core.errors import InvalidRequest
from ledger.store.addresses import CustomerAddress
from projections import reads
from projections.queries.past import SubscriptionFilter, subscriptions_at, subscriptions_then
from projections.reads import Page, SubscriptionEntry

MODELS: Final = ("customers", "subscriptions")
CURRENT: Final = ("active", "scheduled")
EVERY: Final = ("active", "scheduled", "expired")
KINDS: Final[Mapping[str | None, bool | None]] = {None: None, "subscription": False, "purchase": True}


def list_subscriptions(call: Call, query: dict[str, Any]) -> Response:
    """A page of the ledger's subscriptions and purchases."""
    if query["customer_id"] is not None:
        return list_customer_subscriptions(call, query, query["customer_id"])
    then, keep = then_of(call, query), _kept(query, None)
    if then is None:
        return answer(call, _live(call, query, keep))
    with call.view(MODELS) as view:
        found = subscriptions_at(view, keep, then.when, then.asked, limit=query["limit"], cursor=query["cursor"])
    shown = [_row(each, _now(then, each, moved_on=moved_on), then) for each, moved_on in found.items]
    return answer(call, _page(shown, found.next_cursor))


def list_customer_subscriptions(call: Call, query: dict[str, Any], customer_id: str) -> Response:
    """A page of one customer's subscriptions and purchases, after what was due for it has happened."""
    then = then_of(call, query)
    if then is not None:
        found = whose(call, then, customer_id)
        paged = _paged(call, query, found)
        return answer(call, _page([_row(each, found.stood.now, then) for each in paged.items], paged.next_cursor))
    return answer(call, _live(call, query, _kept(query, _stream(call, query, customer_id))))


def _live(call: Call, query: dict[str, Any], keep: SubscriptionFilter) -> Json:
    with call.view(MODELS, stream_id=keep.stream_id) as view:
        found = reads.subscriptions(view, **keep._asdict(), limit=query["limit"], cursor=query["cursor"])
        due, zone = view.due, call.background.settings.zone
    return _page([_told(each, subscription_row(each, due, zone)) for each in found.items], found.next_cursor)


def _paged(call: Call, query: dict[str, Any], found: Whose) -> Page[SubscriptionEntry]:
    stood, keep = found.stood, _kept(query, found.stood.stream_id)
    if keep.entity_id is not None:
        stood.customer.entity(keep.entity_id)
    with call.view(MODELS, stream_id=keep.stream_id) as view:
        entries = [each for each in subscriptions_then(view, found.owner, stood.ahead) if _keeps(keep, each)]
    return page(call, "subscriptions_then", (keep, found.then.asked), entries, _key, query, stood.stream_id)


def _stream(call: Call, query: dict[str, Any], customer_id: str) -> UUID:
    scene = call.scene(call.look(CustomerAddress(customer_id)))
    if query["entity_id"] is not None:
        scene.customer.entity(query["entity_id"])
    return scene.stream_id


def _kept(query: dict[str, Any], stream_id: UUID | None) -> SubscriptionFilter:
    if stream_id is None and query["entity_id"] is not None:
        raise InvalidRequest("entity_id was sent without customer_id: entities are unique within a customer only")
    status = query["status"]
    statuses = CURRENT if status is None else EVERY if status == "all" else (status,)
    return SubscriptionFilter(statuses, KINDS[query["kind"]], stream_id, query["entity_id"], query["plan_id"])


def _keeps(keep: SubscriptionFilter, entry: SubscriptionEntry) -> bool:
    """The question of `list_subscriptions.sql`, of one subscription."""
    held = entry.subscription
    owes = entry.status == "active" and held.past_due is not None
    wanted = ((keep.one_off, held.plan.one_off), (keep.entity_id, held.entity_id), (keep.plan_id, held.plan.plan_id))
    in_status = entry.status in keep.statuses or (owes and "past_due" in keep.statuses)
    return in_status and all(asked in (None, has) for asked, has in wanted)


def _key(entry: SubscriptionEntry) -> tuple[datetime, str]:
    return entry.created_at, entry.subscription.subscription_id


def _now(then: Then, entry: SubscriptionEntry, *, moved_on: bool) -> datetime:
    """The business time at which a row of many stood, as `replay.past` has it for one customer."""
    at, known_at = then.when.at, then.when.known_at
    if at is None:
        return entry.clock or known_at
    return at if moved_on else min(at, entry.clock or max(at, known_at))


def _row(entry: SubscriptionEntry, now: datetime, then: Then) -> Json:
    # A customer's own clock may stand before or after the instant: `now` has been worked out with it.
    return _told(entry, subscription_row(entry._replace(clock=None), now, then.settings.zone))


def _told(entry: SubscriptionEntry, row: Json) -> Json:
    return {"kind": "purchase" if entry.subscription.plan.one_off else "subscription", **row}


def _page(shown: list[Json], next_cursor: str | None) -> Json:
    return {"list": shown, "has_more": next_cursor is not None, "next_cursor": next_cursor}


COLUMNS: Final = (
    Column("kind", Kind.TEXT, "subscription, or purchase for a plan paid once."),
    Column("id", Kind.TEXT, "Its id."),
    Column("customer_id", Kind.TEXT, "Whose it is."),
    Column("entity_id", Kind.TEXT, "The entity that it is for."),
    Column("plan_id", Kind.TEXT, "The plan."),
    Column("plan_version", Kind.INTEGER, "Which version of it."),
    Column("add_on", Kind.BOOLEAN, "Whether it stands beside the main plan."),
    Column("status", Kind.TEXT, "active, scheduled or expired."),
    Column("past_due", Kind.BOOLEAN, "Whether its last invoice was not paid."),
    Column("created_at", Kind.INSTANT, "When it was asked for."),
    Column("started_at", Kind.INSTANT, "When it starts, or started."),
    Column("canceled_at", Kind.INSTANT, "When it was cancelled."),
    Column("trial_ends_at", Kind.INSTANT, "When its trial ends."),
    Column("expires_at", Kind.INSTANT, "When it ends, or ended."),
    Column("ended_by", Kind.TEXT, "Why it ended."),
)


@contextmanager
def _file(call: Call, query: dict[str, Any], customer_id: str | None = None) -> Iterator[Rows]:
    """All of them, of the ledger or of one customer, straight from one statement."""
    then, named = then_of(call, query), customer_id or query.get("customer_id")
    if then is None:
        keep = _kept(query, None if named is None else _stream(call, query, named))
        with call.view(MODELS, stream_id=keep.stream_id) as view:
            yield Rows(view.position, view.due, view.stream("export_subscriptions", MODELS, **keep.parameters()))
        return
    keep = _kept(query, None if named is None else whose(call, then, named).stood.stream_id)
    with call.view(MODELS, stream_id=keep.stream_id) as view:
        parameters = keep.parameters() | then.when.parameters()
        yield Rows(then.when.position, None, view.stream("export_subscriptions_then", MODELS, **parameters))


EXPORT: Final = Export("subscriptions", COLUMNS, _file)
PARAMETERS: Final = (
    choice("kind", "Only subscriptions, or only plans paid once.", ("subscription", "purchase")),
    choice("status", "Only those in this status; active and scheduled ones unless sent.", (*EVERY, "past_due", "all")),
    text("plan_id", "Only those of this plan."),
    text("entity_id", "Only those of this entity; ids of entities are unique within a customer."),
    *PAST,
    whole("limit", "Rows on a page.", 1, ROW_PAGE_ROWS_MAX, 50),
    CURSOR,
)
RESOURCES: Final = (
    Resource(
        "/v1/customers/{customer_id}/subscriptions",
        "reads.customer_subscriptions",
        "A customer's subscriptions and purchases",
        list_customer_subscriptions,
        PARAMETERS,
        export=EXPORT,
    ),
    Resource(
        "/v1/subscriptions",
        "reads.subscriptions",
        "Subscriptions and purchases of the ledger",
        list_subscriptions,
        (text("customer_id", "Only this customer's."), *PARAMETERS),
        export=EXPORT,
    ),
)
