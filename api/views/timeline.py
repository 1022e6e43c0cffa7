"""The timeline for people: instants as RFC 3339 text, everything else as the projection tells it."""

from datetime import datetime

from api.ids import shown_customer
from api.views.shapes import Json
from ledger.core.decider import CATALOG_STREAM, SETTINGS_STREAM
from ledger.store.addresses import internal_id
from projections.reads import TimelineEntry


def timeline_entry(entry: TimelineEntry) -> Json:
    """One event in words. `customer_id` is null for what happened to the catalog or to the ledger itself."""
    own = entry.stream_id in (CATALOG_STREAM, SETTINGS_STREAM)
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
        "links": entry.links,
    }


def rfc_3339(instant: datetime) -> str:
    """An instant in UTC as people and spreadsheets read it, to the millisecond or as fine as it is."""
    fine = "milliseconds" if instant.microsecond % 1000 == 0 else "microseconds"
    return instant.isoformat(timespec=fine).replace("+00:00", "Z")
