"""The sheets of this room: forms over a customer's page that show what is, and count when they are sent."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from api.dashboard.confirming import Sheet
from api.dashboard.customer.subject import Subject
from api.dashboard.forms import by
from api.dashboard.seen import Row
from api.views.shapes import Json, Scene

Facts = Callable[[Scene], Sequence[Row]]


def sheet_of(
    found: Subject,
    template: str,
    path: str,
    facts: Facts,
    given: Mapping[str, str],
    *,
    shown: Json | None = None,
    fields: Mapping[str, str] | None = None,
    **more: Any,
) -> Sheet:
    """A sheet about a customer; what more it says is what a `Sheet` takes. `fields` stand for paths of the wire."""
    everything = {"subject": found, "given": given, **(shown or {})}
    usual = {"beside": by(fields or {}), "previewed": False, **more}
    return Sheet(f"customer/{template}", path, found.here, found.scene, facts, everything, **usual)
