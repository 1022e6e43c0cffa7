"""What a sheet showed before it was confirmed, in the words it showed it in.

It travels in the form as `seen`. What is done is compared with it in the decision itself: it is the same, or nothing is
done and both are shown. All of it was made by the one who sends it back, and nobody else is shown it.
"""

import hashlib
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import msgspec

from api.dashboard.doing import Foreseen
from api.views.shapes import Json
from api.wire.json import render
from ledger.core.errors import Refusal
from ledger.core.sealed import Sealed
from ledger.core.state import Customer

MOST_CHARS: Final = 200_000


class Row(msgspec.Struct, frozen=True, array_like=True):
    """A line of a preview: in which part of it, what it says, the amount or number that goes with it, a remark."""

    part: str
    label: str
    value: str = ""
    note: str = ""


class Seen(msgspec.Struct, frozen=True, array_like=True):
    """A preview as it was shown: of which form, of which version of the customer, and every row.

    `account` stands for all that the customer is but for what it used.
    """

    asked: str
    version: int
    account: str
    rows: tuple[Row, ...]


class Compared(NamedTuple):
    """A row of what was shown beside what it is now."""

    label: str
    then: str
    now: str
    differs: bool


class NotAsShown(Refusal):
    """What was about to happen is not what somebody had seen and agreed to; nothing happened."""

    code = "not_as_shown"

    def __init__(self, then: Seen, now: Seen) -> None:
        super().__init__("The customer changed meanwhile, so nothing was done")
        self.then, self.now = then, now


def asked(operation: str, payload: Json) -> str:
    """A form in short: another one as soon as anything else is asked for."""
    return hashlib.sha256(render([operation, payload])).hexdigest()


def seen(form: str, found: Foreseen, rows: Sequence[Row]) -> Seen:
    """What is shown of a form by now."""
    return Seen(form, found.before.version, _account(found.before), tuple(rows))


def agree(then: Seen, now: Seen) -> None:
    """Let pass what is as it was shown. Raises `NotAsShown`.

    A customer at another version is another customer, though one that only used something meanwhile may go on: it
    is used all the time, and what was shown of it is compared row by row.
    """
    same = then.version == now.version or then.account == now.account
    if not same or then.rows != now.rows:
        raise NotAsShown(then, now)


def compared(then: Seen, now: Seen) -> list[Compared]:
    """Both, side by side, by their labels and in the order of what is now."""
    ours, theirs = _by_label(now), _by_label(then)
    labels = [*ours, *(each for each in theirs if each not in ours)]
    return [
        Compared(label[0], theirs.get(label, "–"), ours.get(label, "–"), theirs.get(label) != ours.get(label))
        for label in labels
    ]


def due(rows: Sequence[Row]) -> Row | None:
    """What of a preview is paid, credited or given back at once; None where that is nothing."""
    return next((row for row in rows if row.part == "total" and any(each in row.value for each in "123456789")), None)


def packed(shown: Seen) -> str:
    """As a form carries it."""
    return msgspec.json.encode(shown).decode()


def unpacked(text: str) -> Seen | None:
    """What a form brought back; None for what none of ours carried."""
    if not 0 < len(text) <= MOST_CHARS:
        return None
    try:
        return msgspec.json.decode(text, type=Seen)
    except (msgspec.MsgspecError, UnicodeError):
        return None


def _by_label(shown: Seen) -> dict[tuple[str, int], str]:
    """Rows by label; several of one label are told apart by their number."""
    found: dict[tuple[str, int], str] = {}
    for row in shown.rows:
        number = sum(label == row.label for label, _ in found)
        found[row.label, number] = " · ".join(each for each in (row.value, row.note) if each) or "yes"
    return found


def _account(customer: Customer) -> str:
    kept = msgspec.structs.replace(customer, version=0, due_at=None, grants={}, locks={}, windows={})
    return hashlib.sha256(msgspec.json.encode(kept, enc_hook=_plain)).hexdigest()


def _plain(value: Any) -> str:
    """What the encoder does not know: what is sealed on disk."""
    return repr(value.value if isinstance(value, Sealed) else value)
