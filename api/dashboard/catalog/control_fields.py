"""The billing controls of a plan as rows of its form, and the rows as the controls that they stand for.

Fields have the names of the wire, and what cannot be read goes there as it is: it is refused beside its field.
"""

from collections.abc import Iterator
from typing import Any, Final

from api.dashboard.catalog.rows import Tree, flat, said
from api.dashboard.control_forms import FIELDS, KINDS, STRICT, Reading, filled, payload_of
from api.views.controls import plan_controls
from api.views.shapes import Json
from api.wire.refusals import InvalidInputs
from ledger.core.terms import Controls

NAME: Final = "billing_controls"
OBJECTS: Final = (NAME, "purchase_limit")
LISTS: Final = tuple(KINDS)
"""What holds what in the form."""


def control_rows(controls: Controls | None) -> Tree:
    """The rows of every kind, as they are."""
    shown = {} if controls is None else plan_controls(controls)
    return {kind: [_row(kind, each) for each in entries] for kind, entries in shown.items()}


def _row(kind: str, entry: Json) -> Tree:
    found: Tree = {}
    stands = filled(kind, entry, None)
    for path in ("feature_id", "enabled", *FIELDS[kind]):
        head, _, name = path.partition(".")
        if name:
            found.setdefault(head, {})[name] = stands[path]
        else:
            found[head] = stands[path]
    return found


def controls_request(rows: Any) -> Json:
    """All controls, as the wire takes them."""
    found: Json = {}
    for kind, _, row in _each(rows):
        found.setdefault(kind, []).append(payload_of(kind, filled(kind, None, dict(flat(row))), _AS_WRITTEN))
    return found


def _lines(text: str) -> Any:
    try:
        return STRICT.properties(text)
    except InvalidInputs:
        return text


_AS_WRITTEN: Final = Reading(lambda _name, text: said(text), _lines)


def control_names(rows: Any) -> list[str]:
    """The fields of the rows, and their heads."""
    found = [f"{NAME}.{kind}" for kind in KINDS]
    for kind, at, _ in _each(rows):
        found += [at, *(f"{at}.{name}" for name in ("feature_id", "enabled", *FIELDS[kind]))]
    return found


def _each(rows: Any) -> Iterator[tuple[str, str, Tree]]:
    found: Tree = rows if isinstance(rows, dict) else {}
    for kind in KINDS:
        for number, row in enumerate(found.get(kind, [])):
            yield kind, f"{NAME}.{kind}.{number}", row
