"""Sentences about customers, their clocks and their entities."""

from collections.abc import Mapping

import msgspec

from ledger.core.events import (
    ClockMoved,
    ControlsChanged,
    CurrencySet,
    CustomerCreated,
    CustomerDeleted,
    CustomerUpdated,
    EntityCreated,
    EntityDeleted,
    Event,
)
from ledger.core.money import ONE
from ledger.core.sealed import Sealed
from projections.timeline.standing import Memo
from projections.timeline.telling import Tell, Told, given, instant, standing


def _created(event: CustomerCreated, _before: Memo, _after: Memo) -> Told:
    known = {"customer_id": event.customer_id, "currency": event.currency, **event.personal.fields()}
    return Told(f"created customer {event.customer_id or _called(event.personal)}", after=given(known))


def _called(personal: Sealed) -> str:
    fields = personal.fields()
    found = fields.get("email") or fields.get("name")
    return found if isinstance(found, str) else "without an id"


def _updated(event: CustomerUpdated, before: Memo, _after: Memo) -> Told:
    was, now = dict(event.before.fields()), dict(event.after.fields())
    if event.customer_id_after is not None:
        was["customer_id"], now["customer_id"] = before.customer_id, event.customer_id_after
    if event.send_email_receipts is not None:
        was["send_email_receipts"] = not event.send_email_receipts
        now["send_email_receipts"] = event.send_email_receipts
    who = f"customer {before.customer_id}" if before.customer_id else "the customer"
    if list(now) == ["customer_id"]:
        return Told(f"gave {who} the id {event.customer_id_after}", was, now)
    return Told(f"changed {_listed(list(now))} of {who}", was or None, now or None)


def _listed(fields: list[str]) -> str:
    names = [field.replace("_", " ") for field in fields]
    if len(names) < 2:
        return "".join(names) or "personal data"
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _deleted(event: CustomerDeleted, _before: Memo, _after: Memo) -> Told:
    who = f"customer {event.customer_id}" if event.customer_id else "the customer"
    return Told(f"deleted {who}", before=given({"customer_id": event.customer_id}))


def _clock(event: ClockMoved, _before: Memo, _after: Memo) -> Told:
    return Told(
        f"moved the customer's clock to {instant(event.after)}",
        given({"clock": event.before}),
        {"clock": event.after},
    )


def _entity_created(event: EntityCreated, before: Memo, after: Memo) -> Told:
    return Told(
        f"created entity {event.entity_id}, which takes one of {event.feature_id}",
        standing(before, event.feature_id, None),
        standing(after, event.feature_id, None),
        [event.feature_id],
        event.entity_id,
        amount=ONE if event.allocations else None,
        links=given({"name": None if event.name is None else event.name.text()}),
    )


def _entity_deleted(event: EntityDeleted, before: Memo, after: Memo) -> Told:
    return Told(
        f"deleted entity {event.entity_id}, which frees one of {event.feature_id}",
        standing(before, event.feature_id, None),
        standing(after, event.feature_id, None),
        [event.feature_id],
        event.entity_id,
        amount=-ONE if event.allocations else None,
    )


def _currency(event: CurrencySet, before: Memo, _after: Memo) -> Told:
    was = f"from {event.before.upper()} " if event.before else ""
    who = f"customer {before.customer_id}" if before.customer_id else "the customer"
    return Told(
        f"changed the currency of {who} {was}to {event.after.upper()}",
        given({"currency": event.before}),
        {"currency": event.after},
    )


def _controls(event: ControlsChanged, before: Memo, _after: Memo) -> Told:
    customer = f"customer {before.customer_id}" if before.customer_id else "the customer"
    who = customer if event.entity_id is None else f"entity {event.entity_id}"
    was, now = msgspec.structs.asdict(event.before), msgspec.structs.asdict(event.after)
    changed = [name for name in was if was[name] != now[name]]
    features = dict.fromkeys(
        each.feature_id for name in changed for each in (*was[name], *now[name]) if each.feature_id is not None
    )
    return Told(
        f"changed the {_listed(changed) if changed else 'limits'} of {who}",
        {name: was[name] for name in changed},
        {name: now[name] for name in changed},
        list(features),
        event.entity_id,
    )


SENTENCES: Mapping[type[Event], Tell] = {
    CustomerCreated: _created,
    CustomerUpdated: _updated,
    CustomerDeleted: _deleted,
    CurrencySet: _currency,
    ControlsChanged: _controls,
    ClockMoved: _clock,
    EntityCreated: _entity_created,
    EntityDeleted: _entity_deleted,
}
