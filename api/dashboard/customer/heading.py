"""The top of the page: who it is, what it owes, and which of its entities is looked at."""

from collections.abc import Sequence
from typing import Any, Final

from flask import Response

from api.dashboard.customer.subject import Subject, sheet, subject
from api.dashboard.visitor import Visitor
from api.views.shapes import Json
from api.wire.json import render
from ledger.core.money import to_major
from ledger.core.state import Entity
from ledger.core.subscriptions.quote import NextCycle
from ledger.store.addresses import internal_id

AT_THE_TOP: Final = 6
MOST_LISTED: Final = 200


def heading(found: Subject, cycles: Sequence[NextCycle]) -> Json:
    """Ids, metadata, what is owed and what comes."""
    customer, scene = found.customer, found.scene
    return {
        "name": found.name,
        "id": customer.customer_id,
        "internal_id": internal_id(found.stream_id),
        "email": customer.email,
        "fingerprint": customer.fingerprint,
        "metadata": [(key, as_text(value)) for key, value in customer.metadata.items()],
        "created_at": customer.created_at,
        "deleted_at": customer.deleted_at,
        "clock": customer.clock,
        "scopes": _scopes(found),
        "entities": len(customer.entities),
        "money": _money(found),
        "next": None if found.deleted or not cycles else (cycles[0].starts_at, _total(found, cycles[0])),
        "currency": scene.currency,
    }


def as_text(value: Any) -> str:
    """A value of metadata: text as it is, all else as JSON."""
    return value if isinstance(value, str) else render(value).decode()


def _total(found: Subject, cycle: NextCycle) -> Any:
    return to_major(cycle.total_minor, found.scene.currency)


def _money(found: Subject) -> Json:
    """What is owed in each currency, and what is left of credit, in major units."""
    account, own = found.customer.account, found.scene.currency
    due = {own: 0}
    for each in account.invoices.values():
        if each.due_minor:
            due[each.currency] = due.get(each.currency, 0) + each.due_minor
    return {
        "due": [(to_major(minor, currency), currency) for currency, minor in due.items()],
        "credit": to_major(account.credit_minor, own),
    }


def _scopes(found: Subject) -> list[tuple[str, str]]:
    """The entities to choose from at the top: the first ones, and the one that is chosen."""
    first = list(found.customer.entities.values())[:AT_THE_TOP]
    if found.entity_id is not None and all(each.entity_id != found.entity_id for each in first):
        first = [*first[:-1], found.customer.entity(found.entity_id)]
    return [(each.entity_id, _called(each)) for each in first]


def _called(entity: Entity) -> str:
    return (entity.name.text() if entity.name else None) or entity.entity_id


def entities_page(visitor: Visitor, customer_id: str) -> Response:
    """All entities of a customer, or those whose id or name has what is searched for."""
    found, asked = subject(visitor, customer_id), visitor.call.request.args.get("search", "").strip()
    words = asked.lower()
    alike = [
        each
        for each in found.customer.entities.values()
        if words in each.entity_id.lower() or words in _called(each).lower()
    ]
    rows = [(each.entity_id, _called(each), each.feature_id) for each in alike[:MOST_LISTED]]
    return sheet(found, "entities.html", rows=rows, hidden=max(0, len(alike) - MOST_LISTED), asked=asked)
