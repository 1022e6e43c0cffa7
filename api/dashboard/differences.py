"""What an entry of the timeline says was before and after, as rows of words: only what differs."""

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final, NamedTuple

from api.dashboard.words import NOTHING, minute, units

MOST: Final = 24
INSTANT: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})")


class Difference(NamedTuple):
    """One value by its name, before and after."""

    name: str
    before: str
    after: str


def differences(entry: Mapping[str, Any]) -> list[Difference]:
    """The values in which before and after differ, parts of parts by their whole names."""
    before, after = dict(_flat(entry["before"])), dict(_flat(entry["after"]))
    found = [
        Difference(_words(name), _said(before.get(name)), _said(after.get(name)))
        for name in [*after, *(each for each in before if each not in after)]
        if before.get(name) != after.get(name)
    ]
    return [each for each in found if each.before != each.after][:MOST]


def _flat(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    match value:
        case None:
            return
        case Mapping():
            for key, each in value.items():
                yield from _flat(each, f"{name}.{key}" if name else str(key))
        case list() if any(isinstance(each, Mapping) for each in value):
            for index, each in enumerate(value, 1):
                yield from _flat(each, f"{name} {index}")
        case _:
            yield name or "value", value


def _words(name: str) -> str:
    words = name.replace(".", " · ").replace("_", " ").removesuffix(" minor")
    return words[:1].upper() + words[1:]


def _said(value: Any) -> str:
    match value:
        case None:
            return NOTHING
        case bool():
            return "yes" if value else "no"
        case int() | Decimal():
            return units(value)
        case list():
            return ", ".join(_said(each) for each in value) or NOTHING
        case str() if INSTANT.fullmatch(value):
            return minute(value)
    return str(value)


FILTERS: Final[Mapping[str, Callable[..., Any]]] = {"differences": differences}
