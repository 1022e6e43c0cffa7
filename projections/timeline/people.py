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
from projections.timeline.memo import Memo
from projections.timeline.telling import Tell, Told, given, instant, listed, standing, whose


def _created(event: CustomerCreated, _before: Memo, after: Memo) -> Told:
    known = {"customer_id": event.customer_id, "currency": event.currency, **event.personal.fields()}
    return Told(f"created {after.who}", after=given(known))


def _updated(event: CustomerUpdated, before: Memo, _after: Memo) -> Told:
    was, now = dict(event.before.fields()), dict(event.after.fields())
    if event.customer_id_after is not None:
        was["customer_id"], now["customer_id"] = before.customer_id, event.customer_id_after
    if event.send_email_receipts is not None:
        was["send_email_receipts"] = not event.send_email_receipts
        now["send_email_receipts"] = event.send_email_receipts
    who = before.who
    if list(now) == ["customer_id"]:
        return Told(f"gave {who} the id {event.customer_id_after}", was, now)
    return Told(f"changed {listed(list(now)) or 'personal data'} of {who}", was or None, now or None)


def _deleted(event: CustomerDeleted, before: Memo, _after: Memo) -> Told:
    return Told(f"deleted {before.who}", before=given({"customer_id": event.customer_id}))


def _clock(event: ClockMoved, before: Memo, _after: Memo) -> Told:
    return Told(
        f"moved the clock of {before.who} to {instant(event.after)}",
        given({"clock": event.before}),
        {"clock": event.after},
    )


def _entity_created(event: EntityCreated, before: Memo, after: Memo) -> Told:
    return Told(
        f"created {whose(after, event.entity_id)}, which takes one of {event.feature_id}",
        standing(before, event.feature_id, None),
        standing(after, event.feature_id, None),
        [event.feature_id],
        event.entity_id,
        amount=ONE if event.allocations else None,
        links=given({"name": None if event.name is None else event.name.text()}),
    )


def _entity_deleted(event: EntityDeleted, before: Memo, after: Memo) -> Told:
    return Told(
        f"deleted {whose(after, event.entity_id)}, which frees one of {event.feature_id}",
        standing(before, event.feature_id, None),
        standing(after, event.feature_id, None),
        [event.feature_id],
        event.entity_id,
        amount=-ONE if event.allocations else None,
    )


def _currency(event: CurrencySet, before: Memo, _after: Memo) -> Told:
    was = f"from {event.before.upper()} " if event.before else ""
    return Told(
        f"changed the currency of {before.who} {was}to {event.after.upper()}",
        given({"currency": event.before}),
        {"currency": event.after},
    )


def _controls(event: ControlsChanged, before: Memo, _after: Memo) -> Told:
    who = whose(before, event.entity_id)
    was, now = msgspec.structs.asdict(event.before), msgspec.structs.asdict(event.after)
    changed = [name for name in was if was[name] != now[name]]
    features = dict.fromkeys(
        each.feature_id for name in changed for each in (*was[name], *now[name]) if each.feature_id is not None
    )
    return Told(
        f"changed the {listed(changed) or 'limits'} of {who}",
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
