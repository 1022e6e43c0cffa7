"""The timeline as a file: one flat row an event; what was before and after, details and links as JSON."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from api.call import Call
from api.ids import INVOICE, SUBSCRIPTION, shown_customer, shown_local
from api.reads.moments import when_of
from api.reads.resource import Column, Export, Kind, Rows
from api.wire.json import render
from ledger.core.decider import CATALOG_STREAM, SETTINGS_STREAM
from ledger.core.errors import InvalidRequest
from ledger.store.addresses import internal_id
from projections.jsonb import read_json
from projections.reads import TIMELINE_MODELS, TimelineEntry, TimelineFilter, timeline_stream

COLUMNS: Final = (
    Column("position", Kind.INTEGER, "Its place in the log."),
    Column("kind", Kind.TEXT, "What happened, such as balance.deducted."),
    Column("sentence", Kind.TEXT, "The same in words, with the reason."),
    Column("at", Kind.INSTANT, "When it was true in the business."),
    Column("recorded_at", Kind.INSTANT, "When it was recorded."),
    Column("actor", Kind.TEXT, "Who did it."),
    Column("on_behalf_of", Kind.TEXT, "For whom."),
    Column("reason", Kind.TEXT, "Why."),
    Column("request_id", Kind.TEXT, "The request that caused it; none where it fell due."),
    Column("customer_id", Kind.TEXT, "Whom it is about; none for the catalog and the ledger itself."),
    Column("internal_id", Kind.TEXT, "The customer's internal id."),
    Column("entity_id", Kind.TEXT, "The entity."),
    Column("plan_id", Kind.TEXT, "The plan."),
    Column("subscription_id", Kind.TEXT, "The subscription."),
    Column("invoice_id", Kind.TEXT, "The invoice."),
    Column("feature_ids", Kind.JSON, "The features."),
    Column("amount", Kind.NUMBER, "Units of the feature, or money in major units."),
    Column("before", Kind.JSON, "How it stood before."),
    Column("after", Kind.JSON, "How it stood after."),
    Column("details", Kind.JSON, "What else is known, with ids that are unique within the customer."),
    Column("reverses", Kind.INTEGER, "The position of the event that it took back."),
    Column("reversed_by", Kind.INTEGER, "The position of the event that took it back."),
)
Filtering = Callable[[Call, dict[str, Any], dict[str, str]], TimelineFilter]
"""What of the timeline a request asks for: from its query, and from what stands in its path."""


def timeline_export(keep: Filtering) -> Export:
    """The file of a timeline that is kept to what `keep` says."""

    @contextmanager
    def rows(call: Call, query: dict[str, Any], **path: str) -> Iterator[Rows]:
        _refuse_others(query)
        kept, when = keep(call, query, path), when_of(call, query)
        with call.view(TIMELINE_MODELS, stream_id=kept.stream_id) as view:
            found = timeline_stream(view, kept, oldest_first=query["order"] != "desc", when=when)
            position, due = (view.position, view.due) if when is None else (when.position, None)
            yield Rows(position, due, map(_flat, found))

    return Export("timeline", COLUMNS, rows)


def _refuse_others(query: dict[str, Any]) -> None:
    if query["follow"] == "true":
        raise InvalidRequest("follow was sent with the format of a file: a file ends")
    for name in ("group", "after"):
        if query[name] is not None:
            raise InvalidRequest(f"{name} was sent with the format of a file, which holds an event a row")


def _flat(row: Sequence[Any]) -> Sequence[Any]:
    entry = TimelineEntry._make(row)
    stream_id, subscription, invoice = entry.stream_id, None, None
    own = stream_id in (CATALOG_STREAM, SETTINGS_STREAM)
    if entry.links is not None:
        details = read_json(entry.links)  # type: ignore[arg-type]  # JSON is text in a streamed row
        if (local := details.get("subscription_id")) is not None:
            subscription = shown_local(SUBSCRIPTION, stream_id, local)
        if (local := details.get("invoice_id")) is not None:
            invoice = shown_local(INVOICE, stream_id, local)
    return (
        entry.position,
        entry.kind,
        entry.sentence,
        entry.at,
        entry.recorded_at,
        entry.actor,
        entry.on_behalf_of,
        entry.reason,
        entry.request_id or None,
        None if own else shown_customer(entry.customer_id, stream_id),
        None if own else internal_id(stream_id),
        entry.entity_id,
        entry.plan_id,
        subscription,
        invoice,
        render(list(entry.feature_ids)).decode(),
        entry.amount,
        entry.before,
        entry.after,
        entry.links,
        entry.reverses,
        entry.reversed_by,
    )
