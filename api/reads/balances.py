"""GET reads of balances: a customer's, one row for each grant, explained where that is asked for."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from flask import Response

from api.call import Call
from api.dispatch import answer
from api.reads.explaining import EXPLAIN, balance_explanation, explained
from api.reads.moments import PAST
from api.reads.past import Then, Whose, page, then_of, whose
from api.reads.query import CURSOR, choice, text, whole
from api.reads.resource import Column, Export, Kind, Resource, Rows
from api.v1.lists import owner, scene_of
from api.views.rows import balance_row
from api.views.shapes import Json, Scene
from api.wire.limits import ROW_PAGE_ROWS_MAX
from ledger.core.balances.balance import Grant
from ledger.core.errors import InvalidRequest
from projections import reads
from projections.projection import Recorded
from projections.queries.past import ended_balances_then
from projections.reads import CUSTOMER_MODELS, BalanceEntry, BalanceFilter, Page

ACTIVE: Final = "active"
EXPIRED: Final = "expired"


def get_balances(call: Call, query: dict[str, Any], customer_id: str) -> Response:
    """A page of one customer's balances, one row for each grant."""
    then = then_of(call, query)
    if then is not None:
        return answer(call, _rows_then(call, query, then, customer_id))
    stream_id = call.settle(customer_id)
    with call.view(CUSTOMER_MODELS, stream_id=stream_id) as view:
        found = reads.balances(view, _kept(query, stream_id), limit=query["limit"], cursor=query["cursor"])
        shown = [balance_row(scene_of(call, view, each.stream_id, owner(each)), each) for each in found.items]
        position = view.position
    return answer(call, _shown(call, query, found, shown, stream_id, position))


def _kept(query: dict[str, Any], stream_id: UUID) -> BalanceFilter:
    statuses = (ACTIVE, EXPIRED) if query["status"] == "all" else (query["status"],)
    asked = {name: query[name] for name in ("entity_id", "plan_id", "feature_id")}
    return BalanceFilter(stream_id=stream_id, statuses=statuses, **asked)


def _rows_then(call: Call, query: dict[str, Any], then: Then, customer_id: str) -> Json:
    found = whose(call, then, customer_id)
    keep = _kept(query, found.stood.stream_id)
    entries = [each for each in _entries_then(call, found) if _keeps(keep, each)]
    asked = (keep._replace(statuses=tuple(sorted(keep.statuses))), then.asked)
    paged = page(call, "balances_then", asked, entries, _key, query, found.stood.stream_id)
    shown = [balance_row(found.scene(owner(each)), each) for each in paged.items]
    return _shown(call, query, paged, shown, found.stood.stream_id, found.stood.position, found.stood.ahead)


def _shown(
    call: Call,
    query: dict[str, Any],
    found: Page[BalanceEntry],
    shown: list[Json],
    stream_id: UUID,
    position: int,
    ahead: Sequence[Recorded] = (),
) -> Json:
    if query["explain"] == "true":
        why = explained(call, [stream_id], position, ahead)[stream_id]
        for row, each in zip(shown, found.items, strict=True):
            row["explain"] = balance_explanation(why, each.grant, each.rollovers)
    return {"list": shown, "has_more": found.next_cursor is not None, "next_cursor": found.next_cursor}


def _entries_then(call: Call, found: Whose) -> list[BalanceEntry]:
    """Every balance that a customer had, those that had ended as they stood when they did; leftovers within theirs."""
    stood, customer = found.stood, found.stood.customer
    with call.view(("balances",), stream_id=stood.stream_id) as view:
        ended = ended_balances_then(view, found.owner, stood.recorded.grants, stood.ahead)
    leftovers = _leftovers(customer.grants)

    def entry(grant: Grant, status: str, ended_at: datetime | None) -> BalanceEntry:
        rollovers = leftovers.get(grant.grant_id, ())
        whose_it_is = (customer.clock, rollovers, customer.currency)
        return BalanceEntry(stood.stream_id, customer.customer_id, grant, status, ended_at, *whose_it_is)

    entries = [entry(each, ACTIVE, None) for each in customer.grants.values()]
    entries += [entry(each.grant, EXPIRED, each.ended_at) for each in ended]
    return [each for each in entries if each.grant.terms.rollover_of is None]


def _leftovers(grants: Mapping[str, Grant]) -> dict[str, list[Grant]]:
    """What is left of past periods, oldest first, by the balance that it is from."""
    found: dict[str, list[Grant]] = {}
    for grant in sorted(grants.values(), key=lambda each: (each.terms.created_at, each.grant_id)):
        if grant.terms.rollover_of is not None:
            found.setdefault(grant.terms.rollover_of, []).append(grant)
    return found


def _keeps(keep: BalanceFilter, entry: BalanceEntry) -> bool:
    """The question of `list_balances.sql`, of one balance."""
    terms = entry.grant.terms
    wanted = ((keep.feature_id, terms.feature_id), (keep.entity_id, terms.entity_id), (keep.plan_id, terms.plan_id))
    return entry.status in keep.statuses and all(asked in (None, has) for asked, has in wanted)


def _key(entry: BalanceEntry) -> tuple[datetime, str]:
    return entry.grant.terms.created_at, entry.grant.grant_id


COLUMNS: Final = (
    Column("id", Kind.TEXT, "The balance's id."),
    Column("feature_id", Kind.TEXT, "Of what it has units."),
    Column("status", Kind.TEXT, "active or expired."),
    Column("customer_id", Kind.TEXT, "Whose it is."),
    Column("entity_id", Kind.TEXT, "The entity that it is for."),
    Column("plan_id", Kind.TEXT, "The plan that it comes from."),
    Column("included_grant", Kind.NUMBER, "Units that are included."),
    Column("prepaid_grant", Kind.NUMBER, "Units that were bought."),
    Column("remaining", Kind.NUMBER, "Units that are left."),
    Column("usage", Kind.NUMBER, "Units that were used."),
    Column("unlimited", Kind.BOOLEAN, "Whether it never runs out."),
    Column("next_reset_at", Kind.INSTANT, "When it is filled again."),
    Column("expires_at", Kind.INSTANT, "When it ends, or ended."),
    Column("created_at", Kind.INSTANT, "When it was granted."),
)


@contextmanager
def _file(call: Call, query: dict[str, Any], customer_id: str) -> Iterator[Rows]:
    """Every balance of one customer: no more than it holds."""
    if query["explain"] == "true":
        raise InvalidRequest("explain was sent with the format of a file: only pages explain their numbers")
    then = then_of(call, query)
    if then is not None:
        found = whose(call, then, customer_id)
        keep = _kept(query, found.stood.stream_id)
        kept = sorted((each for each in _entries_then(call, found) if _keeps(keep, each)), key=_key, reverse=True)
        yield Rows(then.when.position, None, (_flat(found.scene(owner(each)), each) for each in kept))
        return
    keep = _kept(query, call.settle(customer_id))
    with call.view(CUSTOMER_MODELS, stream_id=keep.stream_id) as view:
        entries = _all(view, keep)
        rows = (_flat(scene_of(call, view, each.stream_id, owner(each)), each) for each in entries)
        yield Rows(view.position, view.due, rows)


def _all(view: reads.View, keep: BalanceFilter) -> Iterator[BalanceEntry]:
    cursor = None
    while True:
        found = reads.balances(view, keep, limit=ROW_PAGE_ROWS_MAX, cursor=cursor)
        yield from found.items
        cursor = found.next_cursor
        if cursor is None:
            return


def _flat(scene: Scene, entry: BalanceEntry) -> Sequence[Any]:
    row = balance_row(scene, entry)
    reset = row.pop("reset") or {}
    return [({**row, "next_reset_at": reset.get("resets_at")})[column.name] for column in COLUMNS]


RESOURCES: Final = (
    Resource(
        "/v1/customers/{customer_id}/balances",
        "reads.balances",
        "A customer's balances, one row for each grant",
        get_balances,
        (
            choice("status", "Which of them.", (ACTIVE, EXPIRED, "all"), ACTIVE),
            text("feature_id", "Only balances of this feature."),
            text("entity_id", "Only balances of this entity."),
            text("plan_id", "Only balances that come from this plan."),
            EXPLAIN,
            *PAST,
            whole("limit", "Rows on a page.", 1, ROW_PAGE_ROWS_MAX, 50),
            CURSOR,
        ),
        export=Export("balances", COLUMNS, _file),
    ),
)
