"""The parameters of usage reads: which uses, which sums, and what of them goes together."""

from collections.abc import Container, Mapping
from typing import Any, Final

from api.reads.query import Parameter, choice, day_or_instant, family, repeated, text, whole
from api.wire import limits
from api.wire.refusals import InvalidInputs
from ledger.core.zones import zone_named
from projections.queries.aggregate import Measure
from projections.queries.bins import BinSize

MOST_GROUPS: Final = 8
MOST_TOP: Final = 250
PROPERTY: Final = "properties."
WORDS: Final = ("feature", "customer", "entity", "plan")


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


def _words(name: str, read: Any, must_be: str, about: str) -> Parameter:
    schema = {"type": "string", "minLength": 1, "maxLength": limits.TEXT_CHARS}
    return repeated(Parameter(name, read, must_be, about, schema))


def _property() -> Parameter:
    """A property may have been any text that can be kept, so that whatever is grouped by it can be asked for."""
    found = text("properties", "Only uses with this property: `properties.region=eu`.", limits.FREE_TEXT_CHARS)

    def read(value: str) -> str:
        if len(value) > limits.FREE_TEXT_CHARS or "\0" in value:
            raise ValueError
        return value

    must_be = f"text of at most {limits.FREE_TEXT_CHARS} characters"
    return found._replace(read=read, must_be=must_be, schema={**found.schema, "minLength": 0})


FILTERS: Final = (
    repeated(text("feature_id", "Only uses of this feature; may be sent several times.")),
    text("entity_id", "Only uses of this entity."),
    text("plan_id", "Only uses that took from a balance of this plan, and in sums only what they took there."),
    text("balance_feature_id", "Only what was taken from balances of this feature, such as credits."),
    text("event_name", "Only uses that were tracked under this name."),
    family(_property()),
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
        zone_named,
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


def check(query: Mapping[str, Any], sent: Container[str], customer_id: str | None) -> None:
    """Raise `InvalidInputs` for parameters that do not go together; `sent` are those that were."""
    problems = {**_of_sums(query, sent, customer_id), **_of_rest(query), **_of_absence(query)}
    if problems:
        raise InvalidInputs(problems)


def groups_of(query: Mapping[str, Any]) -> tuple[str, ...]:
    """What is grouped by, as it was named."""
    return tuple(dict.fromkeys(each for names in query["group_by"] for each in names))


def summed(query: Mapping[str, Any]) -> bool:
    """Whether sums are asked for."""
    return query.get("rest") is None and bool(query["group_by"] or query["bin"] or query["measure"] or query["top"])


def _of_sums(query: Mapping[str, Any], sent: Container[str], customer_id: str | None) -> dict[str, str]:
    problems, groups = {}, groups_of(query)
    if len(groups) > MOST_GROUPS:
        problems["group_by"] = f"names {len(groups)} groups and must name at most {MOST_GROUPS}"
    if query["top"] is not None and not groups:
        problems["top"] = "was sent without group_by: say which groups are told apart"
    if query["bin"] == BinSize.BILLING_CYCLE and customer_id is None:
        problems["bin"] = "was billing_cycle, which is counted for one customer: name customer_id"
    for name in ("cursor", "limit"):
        if summed(query) and name in sent:
            problems[name] = "was sent, and sums are not paged: leave it out"
    return problems


def _of_rest(query: Mapping[str, Any]) -> dict[str, str]:
    if query.get("rest") is None:
        wrong = [name for name in ("top_from", "top_to") if query.get(name) is not None]
        return dict.fromkeys(wrong, "goes with rest=true")
    if not groups_of(query) or query["top"] is None or query["bin"] is not None:
        return {"rest": "goes with group_by and top, and without bin"}
    return {}


def _of_absence(query: Mapping[str, Any]) -> dict[str, str]:
    named = {"entity": query["entity_id"], "plan": query["plan_id"]}
    named |= {f"{PROPERTY}{name}": value for name, value in query["properties"].items()}
    both = [each for each in query["without"] if named.get(each) is not None]
    return {"without": f"was {both[0]}, which is asked for too: leave one of them out"} if both else {}
