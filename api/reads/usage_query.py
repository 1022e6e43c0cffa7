"""What a request asks of usage: which uses, as of when, and whether their rows or sums of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from api.call import Call
from api.reads.moments import when_of
from api.reads.past import then_of, whose
from api.reads.query import Parameter, choice, day, family, instant, repeated, text, whole
from api.v1.ranges import SHORTEST, cycle_of
from api.wire import limits
from api.wire.refusals import InvalidInputs
from ledger.core.errors import InvalidRequest
from ledger.core.state import Customer
from ledger.store.addresses import CustomerAddress
from projections.queries.aggregate import Asked, Measure
from projections.queries.bins import Bins, BinSize, Cycle, Range, bins, one_bin
from projections.queries.uses import Groups, UseFilter
from projections.view import View
from projections.when import When

MOST_GROUPS: Final = 8
MOST_TOP: Final = 250
PROPERTY: Final = "properties."
WORDS: Final = ("feature", "customer", "entity", "plan")


def known_zone(name: str) -> ZoneInfo:
    """A time zone by its IANA name. Raises ValueError."""
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError) as error:
        raise ValueError(name) from error


def property_name(text_: str) -> str | None:
    """The name of a property in `properties.<name>`; None for what is not of that form."""
    name = text_.removeprefix(PROPERTY)
    return name if name != text_ and 0 < len(name) <= limits.FREE_KEY_CHARS and name.isprintable() else None


def _groups(value: str) -> tuple[str, ...]:
    found = tuple(value.split(","))
    if any(each not in WORDS and property_name(each) is None for each in found):
        raise ValueError
    return found


def _absent(value: str) -> str:
    if value not in ("entity", "plan") and property_name(value) is None:
        raise ValueError
    return value


def day_or_instant(name: str, about: str) -> Parameter:
    """A day, which begins in a time zone that is not known yet, or an instant."""
    a_day, an_instant = day(name, about), instant(name, about)

    def read(value: str) -> date | datetime:
        try:
            found: date | datetime = a_day.read(value)
        except ValueError:
            found = an_instant.read(value)
        return found

    return an_instant._replace(read=read)


def _words(name: str, read: Any, must_be: str, about: str) -> Parameter:
    schema = {"type": "string", "minLength": 1, "maxLength": limits.TEXT_CHARS}
    return repeated(Parameter(name, read, must_be, about, schema))


FILTERS: Final = (
    repeated(text("feature_id", "Only uses of this feature; may be sent several times.")),
    text("entity_id", "Only uses of this entity."),
    text("plan_id", "Only uses that took from a balance of this plan, and in sums only what they took there."),
    text("balance_feature_id", "Only what was taken from balances of this feature, such as credits."),
    text("event_name", "Only uses that were tracked under this name."),
    family(text("properties", "Only uses with this property: `properties.region=eu`.", limits.FREE_TEXT_CHARS)),
    _words(
        "without",
        _absent,
        "entity, plan or properties.<name>",
        "Only uses without an entity, a plan or a property; may be sent several times.",
    ),
    day_or_instant("from", "Used from then on; a day begins in the time zone of the sums."),
    day_or_instant("to", "Used before then."),
)
CUSTOMER: Final = text("customer_id", "Only this customer's uses.")
SUMS: Final = (
    _words(
        "group_by",
        _groups,
        "feature, customer, entity, plan or properties.<name>, with commas between",
        "Sums instead of uses: one for each of these.",
    ),
    choice("bin", "Sums by stretch of time; hours are of UTC, billing cycles the customer's own.", tuple(BinSize)),
    choice("measure", "What is summed: units used, units or credits deducted, or how many uses.", tuple(Measure)),
    whole("top", "Only the largest groups one by one, the others as one sum.", 1, MOST_TOP),
    Parameter(
        "timezone",
        known_zone,
        "an IANA time zone such as Europe/Berlin",
        "Where days, weeks and months begin; the ledger's where none is sent.",
        {"type": "string", "minLength": 1, "maxLength": limits.NAME_CHARS},
    ),
)
REST: Final = (
    choice("rest", "The uses behind the sum of the other groups, with `group_by` and `top`.", ("true",)),
    day_or_instant("top_from", "With `rest`: the top is that of this stretch."),
    day_or_instant("top_to", "With `rest`: before when."),
)


@dataclass(frozen=True)
class UsageAsked:
    """A request, read: `keep` has the range too, `customer` is there where one was named."""

    query: Mapping[str, Any]
    keep: UseFilter
    zone: tzinfo
    when: When | None
    customer: Customer | None

    @property
    def summed(self) -> bool:
        """Whether sums are asked for."""
        query = self.query
        named = query["group_by"] or query["bin"] or query["measure"] or query["top"]
        return query.get("rest") is None and bool(named)

    @property
    def measure(self) -> Measure:
        """What is summed."""
        return Measure(self.query["measure"] or Measure.VALUE)

    @property
    def names(self) -> tuple[str, ...]:
        """What is grouped by, as it was named."""
        return tuple(dict.fromkeys(each for names in self.query["group_by"] for each in names))

    @property
    def by(self) -> Groups:
        """What is grouped by."""
        names = self.names
        properties = tuple(name for each in names if (name := property_name(each)) is not None)
        return Groups(**{word: word in names for word in WORDS}, properties=properties)

    def position(self, view: View) -> int:
        """What the answer is as of."""
        return view.position if self.when is None else self.when.position

    def pinned(self, position: int) -> UseFilter:
        """The uses up to a position, whatever is recorded after it."""
        return self.keep._replace(upto_position=position)

    def sums(self, view: View) -> Asked:
        """The sums that are asked for. Raises `TooManyBins`."""
        lower, upper = self.keep.used_from, self.keep.used_to
        if self.query["bin"] is None:
            whole_range = one_bin(lower or limits.EARLIEST, upper or limits.LATEST)
        else:
            whole_range = self._bins(view, lower, upper)
        return Asked(
            self.pinned(self.position(view)),
            whole_range,
            self.by,
            self.measure,
            self.query["top"],
        )

    def top(self) -> tuple[datetime, datetime]:
        """With `rest`: the stretch of which the top is."""
        first, end = (_instant(self.query[name], self.zone) for name in ("top_from", "top_to"))
        return first or limits.EARLIEST, end or limits.LATEST

    def _bins(self, view: View, lower: datetime | None, upper: datetime | None) -> Bins:
        size = BinSize(self.query["bin"])
        first, last = lower, upper
        if lower is None or upper is None:
            ((first, last),) = view.rows("read_usage_bounds", ("usage",), stream_id=self.keep.stream_id)
            if first is None:
                return one_bin(limits.EARLIEST, limits.LATEST)
            first = lower or min(first, (upper or limits.LATEST) - SHORTEST)
            last = upper or max(last, first) + SHORTEST
        assert first is not None
        assert last is not None
        within = Range(first, last, whole_first=lower is None, whole_last=upper is None)
        return bins(size, self.zone, within, cycle=self._cycle(size), name=f"bin={size}")

    def _cycle(self, size: BinSize) -> Cycle | None:
        if size is not BinSize.BILLING_CYCLE:
            return None
        found = None if self.customer is None else cycle_of(self.customer)
        if found is None:
            raise InvalidRequest("bin was billing_cycle, and the customer is on no plan to count its cycles from")
        return found


def asked(call: Call, query: dict[str, Any], customer_id: str | None = None) -> UsageAsked:
    """Read a request. Raises `InvalidInputs` for what does not go together, `CustomerNotFound`, what `when_of` does."""
    customer_id = customer_id or query.get("customer_id")
    _check(call, query, customer_id)
    stream_id, customer, when = _whose(call, query, customer_id)
    zone = query["timezone"] or call.background.settings.zone
    used_from, used_to = (_instant(query[name], zone) for name in ("from", "to"))
    if used_from is not None and used_to is not None and used_to <= used_from:
        raise InvalidInputs({"to": "is not after from and must be"})
    if when is not None and when.at is not None:
        used_to = min(used_to or limits.LATEST, when.at + SHORTEST)
        used_from = used_from and min(used_from, when.at)
    without = tuple(sorted(set(query["without"])))
    absent = [(name, None) for each in without if (name := property_name(each)) is not None]
    keep = UseFilter(
        stream_id=stream_id,
        feature_ids=tuple(sorted(set(query["feature_id"]))) or None,
        entity_id=query["entity_id"],
        plan_id=query["plan_id"],
        balance_feature_id=query["balance_feature_id"],
        event_name=query["event_name"],
        properties=(*sorted(query["properties"].items()), *absent),
        without=tuple(each for each in without if property_name(each) is None),
        used_from=used_from,
        used_to=used_to,
        upto_position=None if when is None else when.position,
    )
    return UsageAsked(query, keep, zone, when, customer)


def _whose(
    call: Call, query: dict[str, Any], customer_id: str | None
) -> tuple[UUID | None, Customer | None, When | None]:
    if customer_id is None:
        return None, None, when_of(call, query)
    then = then_of(call, query)
    if then is not None:
        stood = whose(call, then, customer_id).stood
        return stood.stream_id, stood.customer, then.when
    scene = call.scene(call.look(CustomerAddress(customer_id)))
    return scene.stream_id, scene.customer, None


def _check(call: Call, query: dict[str, Any], customer_id: str | None) -> None:
    """Refuse parameters that do not go together."""
    problems: dict[str, str] = {}
    groups = [each for names in query["group_by"] for each in names]
    if len(set(groups)) > MOST_GROUPS:
        problems["group_by"] = f"names {len(set(groups))} groups and must name at most {MOST_GROUPS}"
    if query["top"] is not None and not groups:
        problems["top"] = "was sent without group_by: say which groups are told apart"
    if query["bin"] == BinSize.BILLING_CYCLE and customer_id is None:
        problems["bin"] = "was billing_cycle, which is counted for one customer: name customer_id"
    rest = query.get("rest")
    if rest is not None and (not groups or query["top"] is None or query["bin"] is not None):
        problems["rest"] = "goes with group_by and top, and without bin"
    sums = groups or query["bin"] or query["measure"] or query["top"]
    for name in ("cursor", "limit"):
        if sums and rest is None and name in call.request.args:
            problems[name] = "was sent, and sums are not paged: leave it out"
    for name in ("top_from", "top_to"):
        if query.get(name) is not None and rest is None:
            problems[name] = "goes with rest=true"
    for name, sent in (("entity", query["entity_id"]), ("plan", query["plan_id"])):
        if sent is not None and name in query["without"]:
            problems["without"] = f"was {name}, and {name}_id was sent: leave one of them out"
    for each in query["without"]:
        if property_name(each) in query["properties"]:
            problems["without"] = f"was {each}, and {each} was sent: leave one of them out"
    if problems:
        raise InvalidInputs(problems)


def _instant(value: date | datetime | None, zone: tzinfo) -> datetime | None:
    """The instant of a day is its first, in the time zone that is asked about."""
    if value is None or isinstance(value, datetime):
        return value
    return datetime(value.year, value.month, value.day, tzinfo=zone).astimezone(UTC)
