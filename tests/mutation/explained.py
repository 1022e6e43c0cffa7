"""Why a change that no test notices is none, or what it would take to notice it: rules that tell survivors apart.

A rule of explained.toml names a kind, a place and what differs, all written as `before «this→that» after` in one line.
"""

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any


@cache
def rules() -> list[tuple[str, re.Pattern[str], re.Pattern[str]]]:
    """The kind of each rule, and what its place and its difference look like."""
    found = tomllib.loads(Path(__file__).with_suffix(".toml").read_text())
    return [
        (kind, re.compile(place), re.compile(change))
        for kind, places in found.items()
        for place, changes in places.items()
        for change in changes
    ]


def kind_of(found: dict[str, Any]) -> str | None:
    """The kind of an explained survivor; None for one that nothing explains."""
    text = differing(found["change"])
    name = found["place"].removeprefix("ledger.core.")
    return next((kind for kind, place, change in rules() if place.search(name) and change.search(text)), None)


def differing(lines: list[str]) -> str:
    """One line with what differs marked in it."""
    before, after = (tokens(lines, sign) for sign in "-+")
    start = 0
    while start < min(len(before), len(after)) and before[start] == after[start]:
        start += 1
    end = 0
    while end < min(len(before), len(after)) - start and before[-1 - end] == after[-1 - end]:
        end += 1
    was, now = ("".join(each[start : len(each) - end]) for each in (before, after))
    return f"{''.join(before[:start])}«{was}→{now}»{''.join(before[len(before) - end :])}"


def tokens(lines: list[str], sign: str) -> list[str]:
    text = " ".join(line[2:] for line in lines if line[0] == sign)
    return re.findall(r"\w+|\s+|[<>=!]+|.", text)
