"""The timeline for people: instants as RFC 3339 text, links to follow, all else as the projection tells it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from api.ids import BALANCE, CREDIT_NOTE, INVOICE, SUBSCRIPTION, shown_customer, shown_local
from api.views.shapes import Json
from ledger.core.decider import CATALOG_STREAM, SETTINGS_STREAM
from ledger.store.addresses import internal_id
from projections.reads import TimelineEntry

# What an entry's own links name by their local ids, and how each is called among the links of an answer.
LOCAL: Final[Mapping[str, tuple[str, str]]] = {
    "subscription_id": ("subscription", SUBSCRIPTION),
    "replaces": ("replaces", SUBSCRIPTION),
    "invoice_id": ("invoice", INVOICE),
    "note_id": ("credit_note", CREDIT_NOTE),
}
GRANTS: Final = "grants"
SHARED: Final = ("recorded_at", "actor", "on_behalf_of", "reason", "request_id")


def timeline_entry(entry: TimelineEntry) -> Json:
    """One event in words. `customer_id` is null for what happened to the catalog or to the ledger itself."""
    own = is_ledgers_own(entry)
    stated = entry.links or {}
    return {
        "position": entry.position,
        "kind": entry.kind,
        "sentence": entry.sentence,
        "at": rfc_3339(entry.at),
        "recorded_at": rfc_3339(entry.recorded_at),
        "actor": entry.actor,
        "on_behalf_of": entry.on_behalf_of,
        "reason": entry.reason,
        "request_id": entry.request_id or None,
        "customer_id": None if own else shown_customer(entry.customer_id, entry.stream_id),
        "internal_id": None if own else internal_id(entry.stream_id),
        "entity_id": entry.entity_id,
        "plan_id": entry.plan_id,
        "feature_ids": list(entry.feature_ids),
        "amount": entry.amount,
        "before": entry.before,
        "after": entry.after,
        "details": {name: value for name, value in stated.items() if name not in LOCAL and name != GRANTS} or None,
        "reverses": entry.reverses,
        "reversed_by": entry.reversed_by,
        "links": list(links(entry)),
    }


def timeline_group(entries: Sequence[TimelineEntry]) -> Json:
    """What one command caused: what its entries share is said once."""
    shown = [timeline_entry(each) for each in entries]
    positions = [each.position for each in entries]
    return {
        **{name: shown[0][name] for name in SHARED},
        "first_position": min(positions),
        "last_position": max(positions),
        "entries": [{name: each for name, each in entry.items() if name not in SHARED} for entry in shown],
    }


def links(entry: TimelineEntry) -> Iterator[Json]:
    """What an event is about and comes from: ids as the API shows them, and where a GET reads more, its path."""
    yield _link("self", entry.position, f"/v1/timeline?position={entry.position}")
    if not is_ledgers_own(entry):
        yield from _of_customer(entry, f"/v1/customers/{internal_id(entry.stream_id)}")
    if entry.plan_id is not None:
        yield _link("plan", entry.plan_id, f"/v1/timeline?plan_id={quote(entry.plan_id, safe='')}")
    for rel, position in (("reverses", entry.reverses), ("reversed_by", entry.reversed_by)):
        if position is not None:
            yield _link(rel, position, f"/v1/timeline?position={position}")


def _of_customer(entry: TimelineEntry, customer: str) -> Iterator[Json]:
    yield _link("customer", shown_customer(entry.customer_id, entry.stream_id), customer)
    if entry.entity_id is not None:
        yield _link("entity", entry.entity_id, f"{customer}/timeline?entity_id={quote(entry.entity_id, safe='')}")
    stated = entry.links or {}
    for name, (rel, prefix) in LOCAL.items():
        if name in stated:
            shown = shown_local(prefix, entry.stream_id, stated[name])
            yield _link(rel, shown, _path(customer, rel, shown, entry))
    for grant_id in stated.get(GRANTS, ()):
        shown = shown_local(BALANCE, entry.stream_id, grant_id)
        yield _link("balance", shown, _path(customer, "balance", shown, entry))


def _path(customer: str, rel: str, shown: str, entry: TimelineEntry) -> str | None:
    """Where it is listed, among as few others as the list can be narrowed down to."""
    match rel:
        case "invoice":
            return f"{customer}/invoices?invoice_id={shown}"
        case "replaces":  # of which plan it was is not said
            return f"{customer}/subscriptions?status=all"
        case "subscription" if entry.plan_id is not None:
            return f"{customer}/subscriptions?status=all&plan_id={quote(entry.plan_id, safe='')}"
        case "balance" if entry.feature_ids:
            return f"{customer}/balances?status=all&feature_id={quote(entry.feature_ids[0], safe='')}"
    return None


def _link(rel: str, shown: Any, path: str | None) -> Json:
    return {"rel": rel, "id": shown, "path": path}


def is_ledgers_own(entry: TimelineEntry) -> bool:
    """Whether it happened to the catalog or to the ledger itself, and not to a customer."""
    return entry.stream_id in (CATALOG_STREAM, SETTINGS_STREAM)


def rfc_3339(instant: datetime) -> str:
    """An instant in UTC as people and spreadsheets read it, to the millisecond or as fine as it is."""
    fine = "milliseconds" if instant.microsecond % 1000 == 0 else "microseconds"
    return instant.isoformat(timespec=fine).replace("+00:00", "Z")
