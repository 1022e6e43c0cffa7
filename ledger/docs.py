"""Writes docs/events.md from the registry of events: `python -m ledger.docs`, or `--check` to only compare."""

import inspect
import re
import sys
from enum import Enum
from pathlib import Path
from typing import Any, Final

import msgspec

from ledger.core.events import REGISTRY, Event, today

PAGE: Final = Path(__file__).parent.parent / "docs" / "events.md"
_MODULE: Final = re.compile(r"\b(?:ledger\.core(?:\.[a-z_]+)+|decimal|datetime|typing|collections\.abc)\.(?=[A-Za-z])")
PREFACE: Final = """\
<!-- Written by `python -m ledger.docs` from ledger/core/events/; do not edit. -->
# Events

Everything that can have happened, by the name it is stored under. A name and its fields never change: another shape is
another version. Beside what is listed here every event carries `position`, `stream_id`, `version`, `actor`,
`on_behalf_of`, `request_id`, `at` (when it is true in the business), `recorded_at` (when we learned it), `hash`, and in
its JSON a `reason` where its caller gave one. Quantities are units of the feature, amounts are minor units of the
currency, both as exact decimal text; instants are RFC 3339 in UTC. A *sealed* value is personal data, encrypted under
its customer's key. A field in brackets is left out where it has its default.
"""


def page() -> str:
    """The whole page."""
    parts = [PREFACE, *(_event(name, REGISTRY[name]) for name in sorted(REGISTRY)), "## Values inside events\n"]
    parts += [_struct(f"### {cls.__name__}", cls) for cls in _values()]
    return "\n".join(parts).rstrip() + "\n"


def _event(name: str, cls: type[Event]) -> str:
    former = "" if today(cls) is cls else f"Not written any more: it is read as `{today(cls).__struct_config__.tag}`."
    return _struct(f"## {name}", cls, leave_out=("reason",), note=former)


def _struct(heading: str, cls: type[msgspec.Struct], leave_out: tuple[str, ...] = (), note: str = "") -> str:
    lines = [heading, ""]
    if said := _docstring(cls):
        lines += [said, ""]
    if note:
        lines += [note, ""]
    fields = [field for field in msgspec.structs.fields(cls) if field.name not in leave_out]
    if cls.__struct_config__.array_like:
        lines += ["Stored as an array in this order.", ""]
    lines += ["| field | type |", "| --- | --- |"]
    lines += [f"| {_name(field)} | {_type(field.type)} |" for field in fields]
    return "\n".join([*lines, ""])


def _docstring(cls: type[msgspec.Struct]) -> str:
    own = cls.__dict__.get("__doc__")
    return inspect.cleandoc(own) if own else ""


def _name(field: msgspec.structs.FieldInfo) -> str:
    return f"`{field.encode_name}`" if field.required else f"[`{field.encode_name}`]"


def _type(annotation: Any) -> str:
    text = (
        annotation.__name__ if isinstance(annotation, type) and not hasattr(annotation, "__args__") else str(annotation)
    )
    text = _MODULE.sub("", text)
    for part in _parts(annotation):
        if issubclass(part, Enum):
            text = text.replace(part.__name__, " / ".join(str(each.value) for each in part))
    return text.replace("Sealed", "*sealed*").replace("NoneType", "None").replace("|", "or").replace("  ", " ")


def _values() -> list[type[msgspec.Struct]]:
    """The structures that events are made of, as far as events reach them."""
    reached: list[type[msgspec.Struct]] = []
    waiting: list[Any] = [REGISTRY[name] for name in sorted(REGISTRY)]
    while waiting:
        for field in msgspec.structs.fields(waiting.pop(0)):
            for part in _parts(field.type):
                if issubclass(part, msgspec.Struct) and part not in reached:
                    reached.append(part)
                    waiting.append(part)
    return sorted(reached, key=lambda cls: cls.__name__)


def _parts(annotation: Any) -> list[type]:
    inside = getattr(annotation, "__args__", ())
    if inside:
        return [part for each in inside for part in _parts(each)]
    return [annotation] if isinstance(annotation, type) else []


def main() -> int:
    """Write the page, or with --check say whether it is as it should be; the exit status."""
    text = page()
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(text, encoding="utf-8")
        return 0
    if PAGE.exists() and PAGE.read_text(encoding="utf-8") == text:
        return 0
    sys.stderr.write("docs/events.md is not what the events say: run `make docs`\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
