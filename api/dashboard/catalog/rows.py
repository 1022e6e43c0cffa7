"""Forms with rows in rows: `items.0.price.tiers.1.to` is a field of a tier of an item, as the wire names it.

A form becomes a tree of objects, lists and texts, in which rows are added, removed and moved; the tree becomes the
fields that are shown. The names are the paths that refusals use, so that what is wrong finds its field by itself.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final, NamedTuple

from api.wire import limits

Tree = dict[str, Any]
NAME: Final = re.compile(r"[a-z_]+(\.([0-9]{1,3}|[a-z_]+)){0,6}")
THOUSANDS: Final = re.compile(r"[0-9]{1,3}([, ][0-9]{3})+(\.[0-9]+)?")
NUMBER: Final = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,40})?")
MOST_DIGITS: Final = 3
FRESH: Final = "fresh"
"""What marks a row that was just added."""


class Shape(NamedTuple):
    """Which names of a form hold objects, and which hold rows; all others hold texts."""

    objects: Collection[str]
    lists: Collection[str]


def tree(fields: Mapping[str, str], shape: Shape) -> Tree:
    """The fields as objects and rows. Rows are closed up; what is in no place of a form of ours is left out."""
    found: Tree = {}
    for name, text in fields.items():
        if NAME.fullmatch(name):
            _put(found, name.split("."), text.strip())
    return _shaped(found, shape)


def _put(found: Tree, path: list[str], text: str) -> None:
    into: Any = found
    for part in path[:-1]:
        into = into.setdefault(part, {})
        if not isinstance(into, dict):
            return
    into[path[-1]] = text


def _shaped(found: Tree, shape: Shape) -> Tree:
    shaped: Tree = {}
    for key, value in found.items():
        if key in shape.lists:
            shaped[key] = _rows(value, shape)
        elif key in shape.objects:
            shaped[key] = _shaped(value, shape) if isinstance(value, dict) else {}
        elif isinstance(value, str):
            shaped[key] = value
    return shaped


def _rows(found: Any, shape: Shape) -> list[Tree]:
    rows = (
        {int(key): each for key, each in found.items() if key.isascii() and key.isdigit() and len(key) <= MOST_DIGITS}
        if isinstance(found, dict)
        else {}
    )
    kept = [rows[number] for number in sorted(rows) if isinstance(rows[number], dict)]
    return [_shaped(each, shape) for each in kept[: limits.LIST_ENTRIES]]


def flat(found: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text of a tree with its path."""
    match found:
        case dict():
            for key, value in found.items():
                yield from flat(value, f"{path}.{key}".lstrip("."))
        case list():
            for number, value in enumerate(found):
                yield from flat(value, f"{path}.{number}")
        case _:
            yield path, str(found)


def act(found: Tree, form: Mapping[str, str], shape: Shape) -> bool:
    """Add, remove or move the row that a button of the form names; whether there was such a button."""
    for verb in ("add", "remove", "up", "down"):
        if verb in form:
            *path, last = form[verb].split(".")
            holder: Any = found
            for part in path:
                holder = _inner(holder, part, shape)
            _do(holder, verb, last, shape)
            return True
    return False


def _do(holder: Any, verb: str, last: str, shape: Shape) -> None:
    if verb == "add" and isinstance(holder, dict) and last in shape.lists:
        rows = holder.setdefault(last, [])
        if len(rows) < limits.LIST_ENTRIES:
            rows.append({FRESH: "1"})
    elif verb != "add" and isinstance(holder, list) and _number(last) < len(holder):
        _move(holder, _number(last), verb)


def _inner(holder: Any, part: str, shape: Shape) -> Any:
    if isinstance(holder, list):
        return holder[_number(part)] if _number(part) < len(holder) else None
    if isinstance(holder, dict) and part in shape.objects:
        return holder.setdefault(part, {})
    return holder.get(part) if isinstance(holder, dict) else None


def _number(part: str) -> int:
    """Which row; one that no form has for what is no number."""
    return int(part) if part.isascii() and part.isdigit() and len(part) <= MOST_DIGITS else limits.LIST_ENTRIES


def _move(rows: list[Any], number: int, verb: str) -> None:
    if verb == "remove":
        del rows[number]
        return
    to = number + (1 if verb == "down" else -1)
    if 0 <= to < len(rows):
        rows[number], rows[to] = rows[to], rows[number]


def said(text: str) -> Decimal | str:
    """A number where the text is one, thousands parted or not; else the text, which the wire then refuses as such."""
    if THOUSANDS.fullmatch(text):
        text = text.replace(",", "").replace(" ", "")
    return Decimal(text) if NUMBER.fullmatch(text) else text


def numbers(found: Tree, *names: str) -> Tree:
    """Those of these fields that say something, as numbers."""
    return {name: said(found[name]) for name in names if found.get(name)}


def texts(found: Tree, *names: str) -> Tree:
    """Those of these fields that say something."""
    return {name: found[name] for name in names if found.get(name)}
