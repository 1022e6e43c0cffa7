"""What the list is asked by its address: written in one way, read leniently, and the addresses that lead on from it.

An address holds the parameters of `GET /v1/customers` and, for a view that somebody changes, `changed_view`: what the
list was before they began. What a form says in parts (`balance_feature`, `show`, `from_day`) becomes such an address.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl, urlencode

from werkzeug.datastructures import MultiDict

from api.dashboard import past
from api.dashboard.customers.columns import DEFAULT, OF_FEATURE, PICKABLE
from api.dashboard.words import beginning
from api.dashboard.words import day as told_day
from api.reads.account_query import FILTERS, AccountQuestion, question_of
from api.reads.moments import PAST
from api.reads.query import CURSOR, LIMIT, read_args, text
from api.wire import limits
from api.wire.refusals import InvalidInputs
from ledger.store.saved_views import SavedView, ViewNotFound

HERE: Final = "/customers"
Args = MultiDict[str, str]
BEFORE: Final = text("before", "The page before this place.", limits.CURSOR_CHARS)
PARAMETERS: Final = (*FILTERS, LIMIT, CURSOR, BEFORE, *PAST)
PAGE: Final = frozenset({"cursor", "before"})
OF_ONE_LOOK: Final = frozenset({"limit", *past.MOMENT})
"""What no view keeps."""
BALANCE_PARTS: Final = ("feature", "column", "compare", "number")
KEPT: Final = frozenset({"sort", "order", "columns", "feature", *OF_ONE_LOOK})
"""What says how customers are shown, and not which."""
SHORT: Final = {"k": 3, "m": 6}
_SHORT: Final = re.compile(r"(-?[0-9]{1,12}(?:\.[0-9]{1,6})?)([kKmM])")
ONE_DAY: Final = timedelta(days=1)
MIDNIGHT: Final = time()


class Asked(NamedTuple):
    """A question to the list. `args` are its canonical parameters, with those of an opened view, without the page.

    `opened` is the view that this is, or was before it was changed (`changed`). `refused` is what could not be read,
    and was left out.
    """

    args: Args
    query: dict[str, Any]
    question: AccountQuestion
    opened: SavedView | None
    changed: bool
    refused: str | None

    def linked(self, **changes: str | None) -> str:
        """The address of this list with some values changed; None takes one away. Pages begin anew."""
        kept = [(key, each) for key, each in self.args.items(multi=True) if key not in changes]
        if self.opened is not None:
            kept.append(("changed_view", self.opened.view_id))
        return address(kept + [(key, each) for key, each in changes.items() if each is not None])

    def without(self, name: str, value: str) -> "Asked":
        """The same question without one of its filters."""
        kept = [pair for pair in self.args.items(multi=True) if pair != (name, value)]
        if name == "created":
            kept = [pair for pair in kept if pair[0] not in ("created_from", "created_to")]
        return self._replace(args=MultiDict(kept), question=question_of(read_args(MultiDict(kept), PARAMETERS)))

    @property
    def moment(self) -> past.Moment:
        """The moment of the past that is asked about."""
        return past.Moment(*(self.query[name] for name in past.MOMENT))

    @property
    def text(self) -> str:
        """What a view keeps of it."""
        return urlencode([pair for pair in self.args.items(multi=True) if pair[0] not in OF_ONE_LOOK])

    @property
    def filtered(self) -> bool:
        """Whether not every customer is asked for."""
        return any(name not in KEPT for name in self.args)


def address(pairs: Sequence[tuple[str, str]]) -> str:
    """The address of the list for these parameters."""
    return f"{HERE}?{urlencode(pairs)}" if pairs else HERE


def asked(clean: Args, views: Sequence[SavedView]) -> Asked:
    """The question of a canonical address. Raises `ViewNotFound` for a view that is not there."""
    named = clean.get("view") or clean.get("changed_view")
    opened = next((each for each in views if each.view_id == named), None)
    if clean.get("view") and opened is None:
        raise ViewNotFound(clean["view"])
    args = Args([pair for pair in clean.items(multi=True) if pair[0] not in ("view", "changed_view")])
    kept = Args() if opened is None else Args(parse_qsl(opened.query, keep_blank_values=True))
    if clean.get("view"):
        args = Args([*(pair for pair in kept.items(multi=True) if pair[0] not in args), *args.items(multi=True)])
    refused = None
    try:
        query = read_args(args, PARAMETERS)
        question = question_of(query)
    except InvalidInputs as problem:
        refused, args = problem.sentence, _readable(args, problem)
        query = read_args(args, PARAMETERS)
        question = question_of(query)
    changed = opened is not None and question != question_of(read_args(kept, PARAMETERS))
    whole = Args([pair for pair in args.items(multi=True) if pair[0] not in PAGE])
    return Asked(whole, query, question, opened, changed, refused)


def _readable(args: Args, problem: InvalidInputs) -> Args:
    """What is left once what is wrong is taken away; nothing, where even that goes together with nothing."""
    left = Args([pair for pair in args.items(multi=True) if pair[0] not in problem.problems])
    try:
        question_of(read_args(left, PARAMETERS))
    except InvalidInputs:
        return Args()
    return left


def canonical(args: Args) -> Args:
    """A form's values as the parameters that say the same: nothing empty, and what belongs together in one."""
    pairs = past.canonical(list(args.items(multi=True)))
    found = Args([pair for pair in pairs if pair[1] and not _of_form(pair[0])])
    parts = {name: args.get(f"balance_{name}", "").strip() for name in BALANCE_PARTS}
    if parts["feature"] and parts["number"]:
        found.add("balance", ":".join({**parts, "number": long(parts["number"])}.values()))
    name, value = args.get("property_name", "").strip(), args.get("property_value", "").strip()
    if name and value:
        found[f"metadata.{name}"] = value
    for part in ("from", "to"):
        day = args.get(f"{part}_day", "").strip()
        if day:
            found[f"created_{part}"] = _bound(day, part)
    if "show" in args:
        _pick(found, args)
    return found


def _bound(text: str, part: str) -> str:
    """The first instant of a day, or the last: a day is one of the ledger's time zone, an address has instants."""
    try:
        day = date.fromisoformat(text)
        found = beginning(day) if part == "from" else beginning(day + ONE_DAY) - timedelta(milliseconds=1)
    except (ValueError, OverflowError):
        return text
    if found.time() == MIDNIGHT:
        return found.date().isoformat()
    return found.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _of_form(name: str) -> bool:
    return name in ("show", "shown_of", "from_day", "to_day") or name.startswith(("balance_", "property_"))


def _pick(found: Args, args: Args) -> None:
    """The columns that were ticked, unless they are those that are shown anyway."""
    feature, picked = args.get("feature", ""), set(args.getlist("show")) - {"name"}
    if feature and args.get("shown_of", "") != feature:
        picked.add("remaining")
    if not feature:
        picked -= OF_FEATURE
        if found.get("sort") in OF_FEATURE:
            found.poplist("sort")
            found.poplist("order")
    usual = {name for name in DEFAULT if feature or name not in OF_FEATURE}
    found.poplist("columns")
    if picked != usual:
        found["columns"] = ",".join(["name", *(name for name in PICKABLE if name in picked)])


def long(text: str) -> str:
    """A number as the wire has it: 10k is 10000, 1.5M is 1500000, thousands may be parted by commas."""
    plain = text.replace(",", "").replace(" ", "")
    short = _SHORT.fullmatch(plain)
    return plain if short is None else f"{Decimal(short[1]).scaleb(SHORT[short[2].lower()]):f}"


class Chip(NamedTuple):
    """A filter in force: what it is about, what it says, its parameter, and where the list is without it."""

    about: str
    says: str
    name: str
    value: str
    link: str


BILLED: Final = {
    "week": "weekly",
    "month": "monthly",
    "quarter": "quarterly",
    "semi_annual": "half-yearly",
    "year": "yearly",
    "one_off": "once",
    "none": "free",
}
COMPARED: Final = {"lt": "<", "lte": "≤", "eq": "=", "gte": "≥", "gt": ">"}


def chips(asked_: Asked) -> Sequence[Chip]:
    """The filters in force, each to be taken away by itself."""
    return [Chip(*said, name, value, asked_.without(name, value).linked()) for said, name, value in _said(asked_)]


def _said(asked_: Asked) -> Iterator[tuple[tuple[str, str], str, str]]:
    query = asked_.query
    if query["search"]:
        yield ("Search", query["search"]), "search", query["search"]
    for each in query["status"]:
        yield ("Status", "no plan" if each == "none" else each.replace("_", " ")), "status", each
    for each in query["plan"]:
        plan, _, version = each.rpartition("@")
        yield ("Plan", f"{plan}, version {version}" if plan and version.isdigit() else each), "plan", each
    for each in query["interval"]:
        yield ("Billed", BILLED[each]), "interval", each
    for test, sent in zip(query["balance"], asked_.args.getlist("balance"), strict=True):
        said = f"{test.feature_id} {test.column} {COMPARED[test.comparison]} {test.number:,f}"
        yield ("Balance", said), "balance", sent
    for name, value in query["metadata"].items():
        yield ("Property", f"{name} = {value}"), f"metadata.{name}", value
    bounds = [(word, query[name]) for word, name in (("from", "created_from"), ("to", "created_to")) if query[name]]
    if bounds:
        yield ("Signed up", " ".join(f"{word} {told_day(at)}" for word, at in bounds)), "created", ""
