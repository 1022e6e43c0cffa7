"""Taking back what an event did to balances: from the timeline, once, with a reason, by an event of its own."""

from collections.abc import Sequence
from typing import Final

from flask import Response

from api.dashboard.changes.facts import account
from api.dashboard.changes.levels import moved
from api.dashboard.changes.subject import scene_of
from api.dashboard.confirming import Change, Sheet, settle, show
from api.dashboard.doing import Foreseen
from api.dashboard.forms import SAY_WHY, given
from api.dashboard.paths import customer_path
from api.dashboard.seen import Row
from api.dashboard.visitor import Visitor
from api.errors import PathNotFound
from api.views.shapes import Scene
from api.views.timeline import timeline_entry
from projections import reads
from projections.reads import TIMELINE_MODELS, TimelineEntry, TimelineFilter

KINDS: Final = ("usage.recorded", "balance.granted", "balance.set", "balance.deducted")
"""What can be taken back so."""
MOST_DIGITS: Final = 15
MISSING: Final = {"reason": SAY_WHY}


def void_page(visitor: Visitor, customer_id: str, position: str) -> Response:
    """What taking it back would do."""
    return show(visitor, *_sheet(visitor, customer_id, position))


def void_form(visitor: Visitor, customer_id: str, position: str) -> Response:
    """Take it back, if it still does what was shown."""
    return settle(visitor, *_sheet(visitor, customer_id, position))


def _sheet(visitor: Visitor, customer_id: str, position: str) -> tuple[Sheet, Change]:
    scene, said = scene_of(visitor, customer_id), given(visitor.call.request)
    entry = _entry(visitor, scene, position)
    shown = {"given": {"reason": said.get("reason", "")}, "entry": timeline_entry(entry), "address": customer_id}
    path, back = f"{customer_path(customer_id)}/events/{entry.position}/void", customer_path(customer_id)
    missing = {} if said.get("reason") else MISSING
    sheet = Sheet("changes/void.html", path, back, scene, account, shown, missing=missing)
    return sheet, Change(
        "events.reverse", {"position": entry.position}, _taken_back, f"Event {entry.position} was taken back"
    )


def _entry(visitor: Visitor, scene: Scene, position: str) -> TimelineEntry:
    """The event that is meant. Raises `PathNotFound` where it is none of this customer's."""
    if not position.isascii() or not position.isdigit() or len(position) > MOST_DIGITS:
        raise PathNotFound
    keep = TimelineFilter(stream_id=scene.stream_id, position=int(position))
    with visitor.call.view(TIMELINE_MODELS, stream_id=scene.stream_id) as view:
        groups = reads.timeline_groups(view, keep, limit=1).items
    found = [entry for group in groups for entry in group.entries if entry.position == int(position)]
    if not found:
        raise PathNotFound
    return found[0]


def _taken_back(found: Foreseen) -> Sequence[Row]:
    rows = moved(found)
    return rows or [Row("warning", "No balance changes: what it changed has been reset since, or is gone")]
