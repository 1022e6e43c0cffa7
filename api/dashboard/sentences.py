"""Sentences of the timeline as a page says them: who, what and why set apart, and days as everywhere else.

What is stored stays as it is, and so does what somebody wrote as a reason.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from api.dashboard.words import MINUS, minute

# As projections.timeline.telling writes an instant. A day in the middle of an id is a part of the id.
INSTANT: Final = re.compile(
    r"(?<![\w./:-])(\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])) (\d{2}:\d{2}) UTC(?![\w-])"
)
BELOW_ZERO: Final = re.compile(r"(?<=\s)-(?=\d)")


class Spoken(NamedTuple):
    """The parts of a sentence; `why` is empty where nobody gave a reason."""

    who: str
    what: str
    why: str


def spoken(sentence: str, told: Mapping[str, Any]) -> Spoken:
    """A sentence in its parts. `told` is its entry or the group of it: what has its actor and its reason."""
    actor, whom, why = told["actor"], told.get("on_behalf_of"), told.get("reason") or ""
    who = actor if whom is None else f"{actor} (for {whom})"
    if not sentence.startswith(f"{who} ") or not sentence.endswith(f": {why}" if why else ""):
        return Spoken("", in_words(sentence), "")
    what = sentence.removeprefix(f"{who} ")
    return Spoken(who, in_words(what.removesuffix(f": {why}") if why else what), why)


def in_words(text: str) -> str:
    """Instants and amounts below zero as people write them."""
    try:
        days = INSTANT.sub(lambda found: minute(f"{found[1]}T{found[2]}+00:00"), text)
    except ValueError:  # no such day: it is a part of what somebody called something
        days = text
    return BELOW_ZERO.sub(MINUS, days)


FILTERS: Final[Mapping[str, Callable[..., Any]]] = {"spoken": spoken, "in_words": in_words}
