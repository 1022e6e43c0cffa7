"""`?explain=true`: for every number of an answer, the events that made it, each with what it changed.

The changes of a number's events sum to the number. Where a number has very many events, the earliest are told
together: `events` of them, from `first_position` to `position`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Final
from uuid import UUID

from api.call import Call
from api.reads.query import choice
from api.views.shapes import Json
from api.views.timeline import rfc_3339
from ledger.core.balances.balance import Grant
from ledger.core.invoices.invoice import Invoice
from ledger.core.money import to_major
from projections.projection import Recorded
from replay.explain import Explained, Number, Part, Source, Written, explain

EXPLAIN: Final = choice("explain", "Whether to say which events made each number.", ("true", "false"), "false")


def explained(
    call: Call, stream_ids: Iterable[UUID], position: int, ahead: Sequence[Recorded] = ()
) -> Mapping[UUID, Explained]:
    """Every number of some customers, explained as of a position; `ahead` is what had fallen due for the one customer
    and nobody had looked at yet: it is told at the position of the event before it.
    """
    store, ledger_id = call.services.store, call.identity.ledger.ledger_id
    with store.pool.connection() as conn:
        return {
            stream_id: explain(conn, store.operator, ledger_id, stream_id, upto=position, ahead=ahead)
            for stream_id in dict.fromkeys(stream_ids)
        }


def balance_explanation(found: Explained, grant: Grant, rollovers: Sequence[Grant] = ()) -> Json:
    """The events behind each number of a balance; those of its leftovers apart, each a balance of its own."""
    shown: Json = _numbers(found.balances.get(grant.grant_id, {}), _as_it_is)
    if rollovers:
        shown["rollovers"] = [_numbers(found.balances.get(each.grant_id, {}), _as_it_is) for each in rollovers]
    return shown


def invoice_explanation(found: Explained, invoice: Invoice) -> Json:
    """The events behind each number of an invoice and of its lines, in major units."""

    def major(amount_minor: Decimal) -> Decimal:
        return to_major(amount_minor, invoice.currency)

    lines = [_line(each, major) for each in found.lines.get(invoice.invoice_id, ())]
    return {**_numbers(found.invoices.get(invoice.invoice_id, {}), major), "items": lines}


def _as_it_is(units: Decimal) -> Decimal:
    return units


Shown = Callable[[Decimal], Decimal]


def _numbers(numbers: Mapping[str, Number], shown: Shown) -> Json:
    return {name: [_part(part, shown) for part in number.parts] for name, number in numbers.items()}


def _line(written: Written, major: Shown) -> Json:
    """A line: which event wrote its amount, which discounts are in it, and the events that it is charged for."""
    first, last = written.first, written.last
    return {
        "amount": [_part(part, major) for part in written.amount],
        "discounts": [_part(part, major) for part in written.discounts],
        "first_version": None if first is None else first.version,
        "last_version": None if last is None else last.version,
        "first_position": None if first is None else first.position,
        "last_position": None if last is None else last.position,
        "events": written.events,
        "charged_for": [_source(each) for each in written.sources],
    }


def _part(part: Part, shown: Shown) -> Json:
    found: Json = _source(part.last)
    if part.events > 1:
        found |= {"first_position": part.first.position, "first_version": part.first.version, "events": part.events}
    return {**found, "before": shown(part.before), "after": shown(part.after), "change": shown(part.change)}


def _source(source: Source) -> Json:
    return {
        "position": source.position,
        "version": source.version,
        "type": source.type,
        "at": rfc_3339(source.at),
        "actor": source.actor,
        "on_behalf_of": source.on_behalf_of,
        "reason": source.reason,
    }
