"""What a sheet showed, in the words it showed it in: what it is about, and what it would do.

It travels in the form as `seen` and is compared in the decision itself. All of it was made by the one who sends it
back, and nobody else is shown it.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from api.dashboard.words import NOTHING
from api.request import ApiRequest
from api.views.shapes import Json
from api.wire.json import render
from ledger.core.errors import Refusal

MOST_CHARS: Final = 400_000
UNSAID: Final = "unsaid"
"""The part of a row that stands for more than can be shown. Its value is a digest and is shown to nobody."""


class Row(msgspec.Struct, frozen=True, array_like=True):
    """A line: in which part of a sheet, what it says, the amount or number that goes with it, a remark."""

    part: str
    label: str
    value: str = ""
    note: str = ""


class Seen(msgspec.Struct, frozen=True, array_like=True):
    """A sheet as it was shown.

    `asked` is the form in short, where it said enough to be asked for. `facts` is what the sheet is about, as it was;
    `rows` what the form would do. `starts` is what stood in the fields before anybody wrote into them.
    """

    asked: str
    facts: tuple[Row, ...]
    rows: tuple[Row, ...]
    starts: Mapping[str, str] = {}


class Compared(NamedTuple):
    """One value that is another one now."""

    label: str
    then: str
    now: str


class NotAsSeen(Refusal):
    """What was about to happen, or what it was about to happen to, is not what somebody had seen; nothing happened."""

    code = "not_as_shown"

    def __init__(self, then: Seen, now: Seen) -> None:
        super().__init__("This changed meanwhile, so nothing was done")
        self.then, self.now = then, now


def asked(operation: str, payload: Json) -> str:
    """A form in short: another one as soon as anything else is asked for."""
    return digest(render([operation, payload]))


def unsaid(encoded: bytes) -> Row:
    """A fact that stands for everything that is not told one by one."""
    return Row(UNSAID, "", digest(encoded))


def digest(encoded: bytes) -> str:
    """Anything in short."""
    return hashlib.sha256(encoded).hexdigest()


def differs(then: Seen, now: Seen) -> bool:
    """Whether a sheet is about something else by now or, of the same form, would do something else."""
    return then.facts != now.facts or (_same_form(then, now) and then.rows != now.rows)


def compared(then: Seen, now: Seen) -> list[Compared]:
    """What differs, by its label and in the order of what is now. What cannot be told one by one is not among it."""
    foreseen = _same_form(then, now)
    ours, theirs = _by_label(now, foreseen=foreseen), _by_label(then, foreseen=foreseen)
    labels = [*ours, *(each for each in theirs if each not in ours)]
    pairs = [Compared(label[0], theirs.get(label, NOTHING), ours.get(label, NOTHING)) for label in labels]
    return [each for each in pairs if each.then != each.now]


def due(rows: Sequence[Row]) -> Row | None:
    """What of a preview is paid, credited or given back at once; None where that is nothing."""
    return next((row for row in rows if row.part == "total" and any(each in row.value for each in "123456789")), None)


def packed(shown: Seen) -> str:
    """As a form carries it."""
    return msgspec.json.encode(shown).decode()


def seen_by(request: ApiRequest) -> Seen | None:
    """What a form brought back; None for what none of ours carried."""
    text = request.form.get("seen") or request.args.get("seen", "")
    if not 0 < len(text) <= MOST_CHARS:
        return None
    try:
        return msgspec.json.decode(text, type=Seen)
    except (msgspec.MsgspecError, UnicodeError):
        return None


def _same_form(then: Seen, now: Seen) -> bool:
    return then.asked == now.asked != ""


def _by_label(shown: Seen, *, foreseen: bool) -> dict[tuple[str, int], str]:
    """Rows by label; several of one label are told apart by their number."""
    found: dict[tuple[str, int], str] = {}
    numbers = Counter[str]()
    for row in (*shown.facts, *(shown.rows if foreseen else ())):
        if row.part != UNSAID:
            found[row.label, numbers[row.label]] = " · ".join(filter(None, (row.value, row.note))) or "yes"
            numbers[row.label] += 1
    return found
