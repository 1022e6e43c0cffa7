"""Forms with rows in rows: `items.0.price.tiers.1.to` is a field of a tier of an item, as the wire names it.

A form becomes a tree of objects, lists and texts, in which rows are added, removed and moved; the tree becomes the
fields that are shown. The names are the paths that refusals use, so that what is wrong finds its field by itself.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

from api.wire import limits

Tree = dict[str, Any]
NAME: Final = re.compile(r"[a-z_]+(\.([0-9]{1,3}|[a-z_]+)){0,6}")
THOUSANDS: Final = re.compile(r"[0-9]{1,3}([, ][0-9]{3})+(\.[0-9]+)?")
NUMBER: Final = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,40})?")
FRESH: Final = "fresh"
"""What marks a row that was just added."""


def tree(fields: Mapping[str, str], lists: Collection[str]) -> Tree:
    """The fields as objects and lists. Rows are closed up; what is in no place of a form of ours is left out."""
    found: Tree = {}
    for name, text in fields.items():
        if NAME.fullmatch(name):
            _put(found, name.split("."), text.strip())
    return _shaped(found, lists)


def _put(found: Tree, path: list[str], text: str) -> None:
    into: Any = found
    for part in path[:-1]:
        into = into.setdefault(part, {})
        if not isinstance(into, dict):
            return
    into[path[-1]] = text


def _shaped(found: Tree, lists: Collection[str]) -> Tree:
    """The tree with its numbered objects as lists: `lists` says which they are."""
    shaped: Tree = {}
    for key, value in found.items():
        if key in lists:
            rows = value if isinstance(value, dict) else {}
            numbers = sorted(int(each) for each in rows if each.isdigit() and isinstance(rows[each], dict))
            kept = [rows.get(str(each)) for each in numbers][: limits.LIST_ENTRIES]
            shaped[key] = [_shaped(each, lists) for each in kept if each is not None]
        else:
            shaped[key] = _shaped(value, lists) if isinstance(value, dict) else value
    return shaped


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


def act(found: Tree, form: Mapping[str, str]) -> bool:
    """Add, remove or move the row that a button of the form names; whether there was such a button."""
    for verb in ("add", "remove", "up", "down"):
        if verb in form:
            _do(found, verb, form[verb].split("."))
            return True
    return False


def _do(found: Tree, verb: str, path: list[str]) -> None:
    last = path[-1]
    holder: Any = found
    for part in path[:-1]:
        holder = _inner(holder, part)
    if verb == "add" and isinstance(holder, dict):
        rows = holder.setdefault(last, [])
        if isinstance(rows, list) and len(rows) < limits.LIST_ENTRIES:
            rows.append({FRESH: "1"})
    elif isinstance(holder, list) and last.isdigit() and int(last) < len(holder):
        _move(holder, int(last), verb)


def _inner(holder: Any, part: str) -> Any:
    if isinstance(holder, list):
        return holder[int(part)] if part.isdigit() and int(part) < len(holder) else None
    return holder.setdefault(part, {}) if isinstance(holder, dict) else None


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
