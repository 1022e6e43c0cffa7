"""What somebody asks of a usage graph, as the query that GET /v1/usage would be sent for the same numbers.

The form has what is easier to say for people: a range by its name, a property by its name, a last day that counts. The
query has instants and nothing else, so that the graph, its files and the rows behind it are about the same uses.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict

from api.call import Call
from api.dashboard.past import moment_of
from api.reads.past import on_record, then_of
from api.reads.usage_parameters import PROPERTY
from api.v1.ranges import CYCLES_BACK, span_of
from api.views.shapes import Scene
from api.views.timeline import rfc_3339
from api.wire.fields import shown
from api.wire.refusals import InvalidInputs
from ledger.store.addresses import CustomerAddress
from projections.queries.bins import BinSize

RANGES: Final = {"24h": "Last 24 hours", "7d": "Last 7 days", "30d": "Last 30 days", "90d": "Last 90 days"}
CYCLE_RANGES: Final = {"1bc": "This billing cycle", "last_cycle": "Last billing cycle", "3bc": "Last 3 cycles"}
CUSTOM: Final = "custom"
USUAL_RANGE: Final = "30d"
SIZES: Final = {"hour": "By hour", "day": "By day", "week": "By week", "month": "By month"}
MEASURES: Final = {"value": "Units used", "deducted": "Taken from balances", "count": "Number of uses"}
TOPS: Final = ("3", "5", "8", "10")
USUAL_TOP: Final = "8"
GROUPS: Final = {"entity": "Entity", "plan": "Plan", "customer": "Customer", "feature": "Feature"}
KEPT: Final = ("customer_id", "entity_id", "plan_id", "event_name", "as_of", "at")
MOST_HOURS_DAYS: Final = 2
MOST_DAYS: Final = 120
Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class Form:
    """A form that was read: what it says, and what is asked."""

    given: dict[str, str]
    features: Sequence[str]
    properties: dict[str, str]
    uses: Pairs
    sums: Pairs

    @property
    def customer_id(self) -> str | None:
        """Whose usage it is; None for everybody's."""
        return self.given.get("customer_id")

    @property
    def uses_query(self) -> str:
        """The query of the uses themselves."""
        return urlencode(self.uses)

    @property
    def sums_query(self) -> str:
        """The query of the sums that are drawn."""
        return urlencode(self.uses + self.sums)


def canonical(args: "MultiDict[str, str]") -> "MultiDict[str, str]":
    """A form's values as the address that says the same: nothing empty, and a property in one piece."""
    found: MultiDict[str, str] = MultiDict()
    for key, each in args.items(multi=True):
        if each.strip() and key not in ("property_name", "property_value"):
            found.add(key, each.strip())
    name, value = (args.get(f"property_{part}", "").strip() for part in ("name", "value"))
    if name and value:
        found[f"{PROPERTY}{name}"] = value
    if found.get("range", USUAL_RANGE) != CUSTOM:
        found.poplist("from")
        found.poplist("to")
    return found


def read_form(call: Call, args: "MultiDict[str, str]") -> Form:
    """Read the address of a graph. Raises `InvalidInputs`, `InvalidRequest`, `CustomerNotFound`."""
    given = {name: each for name, each in args.items() if not name.startswith(PROPERTY)}
    given = {"range": USUAL_RANGE, "measure": "value", "top": USUAL_TOP} | given
    properties = {name.removeprefix(PROPERTY): each for name, each in args.items() if name.startswith(PROPERTY)}
    features = args.getlist("feature_id")
    uses: Pairs = [(name, given[name]) for name in KEPT if name in given]
    uses += [("feature_id", each) for each in features]
    uses += [(f"{PROPERTY}{name}", value) for name, value in properties.items()]
    uses += _range(call, given)
    given.setdefault("bin", _bin(given))
    sums: Pairs = [("bin", given["bin"]), ("measure", given["measure"])]
    if "group_by" in given:
        sums += [("group_by", given["group_by"]), ("top", given["top"])]
    return Form(given, features, properties, uses, sums)


def _range(call: Call, given: dict[str, str]) -> Pairs:
    """From when to when, as instants or days of the ledger's time zone."""
    name = given["range"]
    if name == CUSTOM:
        return _days(given)
    if name not in RANGES and name not in CYCLES_BACK:
        raise InvalidInputs({"range": f"was {shown(name)} and must be one of {', '.join((*RANGES, *CYCLES_BACK))}"})
    scene = _scene(call, given) if "customer_id" in given else None
    if scene is None and name in CYCLES_BACK:
        raise InvalidInputs({"range": "is counted for one customer: name one, or choose another range"})
    span = span_of(call, {"range": name}, scene)
    assert span.start is not None
    assert span.end is not None
    return [("from", rfc_3339(span.start)), ("to", rfc_3339(span.end))]


def _scene(call: Call, given: dict[str, str]) -> Scene:
    """By whose clock and plans a range is counted: also of one that is gone, and as they stood at a moment."""
    then = then_of(call, moment_of(MultiDict(given))._asdict())
    if then is None:
        return call.scene(call.look(CustomerAddress(given["customer_id"])), on_record=True)
    return on_record(call, then, given["customer_id"]).scene()


def _days(given: dict[str, str]) -> Pairs:
    first, last = (_day(name, given[name]) if name in given else None for name in ("from", "to"))
    if first is not None and last is not None and last < first:
        raise InvalidInputs({"to": "is before the first day"})
    found: Pairs = [] if first is None else [("from", first.isoformat())]
    # The last day counts for people, and the query says before when.
    return found if last is None else [*found, ("to", _following(last).isoformat())]


def _following(day: date) -> date:
    try:
        return day + timedelta(days=1)
    except OverflowError:
        raise InvalidInputs({"to": f"was {day} and must be an earlier day"}) from None


def _day(field: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInputs({field: f"was {shown(text)} and must be a day such as 2026-01-31"}) from None


def _bin(given: dict[str, str]) -> BinSize:
    """As fine as can be read at a glance."""
    if given["range"] == "24h":
        return BinSize.HOUR
    if given["range"] != CUSTOM:
        return BinSize.DAY
    if "from" not in given or "to" not in given:
        return BinSize.MONTH
    days = (_day("to", given["to"]) - _day("from", given["from"])).days + 1
    return BinSize.HOUR if days <= MOST_HOURS_DAYS else BinSize.DAY if days <= MOST_DAYS else BinSize.MONTH
