"""The past on a page: the moment that an address asks about, the form that asks for it, and what stands above it.

`as_of` and `at` in the address of a page are those of `GET /v1/...` (docs/api.md, The past). The form says them in
parts, a day or a position of the log, which `canonical` turns into such an address. What is shown of the past takes no
change: the rooms offer none on it, and `customer.subject.living` refuses one.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple
from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict

from api.call import Call
from api.dashboard.forms import beside
from api.reads.moments import PAST, when_of
from api.reads.past import Then
from api.reads.query import read_args
from api.wire.refusals import InvalidInputs
from ledger.core.errors import InvalidInput, InvalidRequest, Refusal
from replay.when import PositionNotFound

MOMENT: Final = ("as_of", "at")
PARTS: Final = ("known_on", "position", "stood_on")
"""What a form says: the day or the position that was known, and the day that it is about."""
BY_POSITION: Final = "position:"
OF_MOMENT: Final = (InvalidInputs, InvalidInput, InvalidRequest, PositionNotFound)
"""What is refused where no moment is meant, or one that is still to come."""
Pairs = Sequence[tuple[str, str]]


class Moment(NamedTuple):
    """What an address says about the past, as it was sent."""

    as_of: str | None = None
    at: str | None = None

    @property
    def asked(self) -> bool:
        """Whether it is not the present that is asked for."""
        return self != NOW

    @property
    def pairs(self) -> Pairs:
        """The same as parameters of an address."""
        return [(name, each) for name, each in self._asdict().items() if each is not None]

    @property
    def parts(self) -> dict[str, str]:
        """The same as a form says it."""
        known = self.as_of or ""
        by_position = known.startswith(BY_POSITION)
        return {
            "known_on": "" if by_position else known,
            "position": known.removeprefix(BY_POSITION) if by_position else "",
            "stood_on": self.at or "",
        }


NOW: Final = Moment()


class Stood(NamedTuple):
    """The moment that is shown, as the banner says it."""

    position: int
    known_at: datetime
    by_position: bool
    at: datetime | None


class Look(NamedTuple):
    """What the form and the banner show. `path` with `kept` is the page as it is now; `stood` is the moment that is
    shown, None for the present and where what was asked for is `wrong`.
    """

    path: str
    kept: Pairs
    given: dict[str, str]
    stood: Stood | None
    wrong: dict[str, str]

    @property
    def back(self) -> str:
        """The address of the present."""
        return f"{self.path}?{urlencode(self.kept)}" if self.kept else self.path


def moment_of(args: MultiDict[str, str]) -> Moment:
    """The moment that an address asks for. Raises `InvalidInputs`."""
    asked = MultiDict([pair for pair in args.items(multi=True) if pair[0] in MOMENT])
    return Moment(**read_args(asked, PAST))


def canonical(pairs: Pairs) -> list[tuple[str, str]]:
    """An address in which the form's parts are the moment they stand for: a day and a position together are none."""
    found = [pair for pair in pairs if pair[0] not in PARTS]
    said = {name: value.strip() for name, value in pairs if name in PARTS}
    position = said.get("position", "")
    known = " ".join(filter(None, (said.get("known_on"), position and f"{BY_POSITION}{position}")))
    for name, value in zip(MOMENT, (known, said.get("stood_on", "")), strict=True):
        if value:
            found = [pair for pair in found if pair[0] != name] + [(name, value)]
    return found


def look(path: str, pairs: Pairs, moment: Moment, then: Then | None) -> Look:
    """What is shown where the moment could be read. `pairs` is all that the address says."""
    kept = [pair for pair in pairs if pair[0] not in MOMENT]
    if then is None:
        return Look(path, kept, dict.fromkeys(PARTS, ""), None, {})
    when = then.when
    by_position = (moment.as_of or "").startswith(BY_POSITION)
    return Look(path, kept, moment.parts, Stood(when.position, when.known_at, by_position, when.at), {})


def refused(call: Call, path: str, pairs: Pairs, refusal: Refusal) -> Look:
    """What is shown instead: what was asked for, with what is wrong beside its field."""
    kept = [pair for pair in pairs if pair[0] not in MOMENT]
    said = {name: value for name, value in pairs if name in MOMENT}
    given = Moment(**said).parts
    known = "position" if given["position"] else "known_on"
    if isinstance(refusal, InvalidInputs):
        return Look(path, kept, given, None, beside(refusal, {"as_of": known, "at": "stood_on"}))
    return Look(
        path, kept, given, None, {known if _of_known(call, said.get("as_of")) else "stood_on": refusal.sentence}
    )


def missed(path: str, pairs: Pairs) -> Look:
    """What is shown where there was nothing at the moment: the form that asks for another one."""
    kept = [pair for pair in pairs if pair[0] not in MOMENT]
    return Look(path, kept, Moment(**{name: value for name, value in pairs if name in MOMENT}).parts, None, {})


def _of_known(call: Call, as_of: str | None) -> bool:
    """Whether it is `as_of` that is refused: it is by itself."""
    try:
        when_of(call, {"as_of": as_of, "at": None})
    except OF_MOMENT:
        return True
    return False
