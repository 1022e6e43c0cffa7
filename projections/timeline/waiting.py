"""Sentences about changes that wait to be paid for."""

from collections.abc import Mapping
from typing import Any

from ledger.core.events import ChangeHeld, ChangeReleased, Event
from projections.timeline.memo import Memo
from projections.timeline.telling import Tell, Told, given


def _held(event: ChangeHeld, before: Memo, _after: Memo) -> Told:
    return _about(f"held a change for {before.who} ({_what(event)}) until it is paid for", event, event.lapses_at)


def _released(event: ChangeReleased, before: Memo, _after: Memo) -> Told:
    return _about(f"made a change for {before.who} ({_what(event)}), now that it is paid for", event)


def _what(event: ChangeHeld | ChangeReleased) -> str:
    of = f" of {', '.join(event.plan_ids)}" if event.plan_ids else ""
    return f"{event.intent.replace('_', ' ')}{of}"


def _about(words: str, event: ChangeHeld | ChangeReleased, lapses_at: Any = None) -> Told:
    links = {"invoice_id": event.invoice_id, "intent": event.intent, "plan_ids": list(event.plan_ids)}
    return Told(
        words,
        plan_id=event.plan_ids[0] if event.plan_ids else None,
        links=given({**links, "lapses_at": lapses_at}),
    )


SENTENCES: Mapping[type[Event], Tell] = {ChangeHeld: _held, ChangeReleased: _released}
