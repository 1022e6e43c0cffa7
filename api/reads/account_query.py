"""What can be asked of the customer list: its parameters, and the question that they make together."""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl, urlencode

from werkzeug.datastructures import MultiDict

from api.reads.moments import PAST
from api.reads.query import CURSOR, LIMIT, Parameter, choice, family, instant, read_args, repeated, text
from api.views.account import COLUMNS, OF_FEATURE
from api.wire import limits
from api.wire.common import BILLING_INTERVALS
from api.wire.refusals import InvalidInputs
from projections.accounts.plans import Status
from projections.reads import SORTS, AccountFilter, BalanceTest, Ordering, account_models

MOST_OF_EACH: Final = 20
MOST_FIELDS: Final = 100
NEWEST_FIRST: Final = "created_at"
VIEW_CHARS: Final = 64
ONCE: Final = "one_off"
FREE: Final = "none"
INTERVALS: Final = (*(each for each in BILLING_INTERVALS if each != ONCE), ONCE, FREE)
"""How often a plan is billed."""
_NUMBER: Final = re.compile(r"-?[0-9]{1,16}(\.[0-9]{1,12})?")
_SUMS: Final = ("granted", "remaining", "usage")
_COMPARISONS: Final = ("lt", "lte", "eq", "gte", "gt")
_NAMES: Final = tuple(column.name for column in COLUMNS)


class AccountQuestion(NamedTuple):
    """Which customers, in which order, and which of their columns."""

    keep: AccountFilter
    ordering: Ordering
    columns: tuple[str, ...]

    @property
    def models(self) -> Sequence[str]:
        """What its answer is made of."""
        return account_models(self.keep, self.ordering)

    @property
    def of_sums(self) -> bool:
        """Whether sums of balances say which customers come, and in which order."""
        return bool(self.keep.balances) or SORTS[self.ordering.sort].of_feature


def _balance(value: str) -> BalanceTest:
    feature_id, column, comparison, number = value.rsplit(":", 3)
    if not 0 < len(feature_id) <= limits.ID_CHARS or not feature_id.isprintable():
        raise ValueError
    if column not in _SUMS or comparison not in _COMPARISONS or not _NUMBER.fullmatch(number):
        raise ValueError
    return BalanceTest(feature_id, column, comparison, Decimal(number))


def _columns(value: str) -> str:
    names = [name.strip() for name in value.split(",")]
    if not set(names) <= set(_NAMES) or len(set(names)) < len(names):
        raise ValueError
    return ",".join(names)


BALANCE: Final = Parameter(
    "balance",
    _balance,
    f"<feature>:<{'|'.join(_SUMS)}>:<{'|'.join(_COMPARISONS)}>:<number>",
    "A sum of a feature compares to a number, such as messages:remaining:lt:50. Several must all hold.",
    {"type": "string"},
)
PICKED: Final = Parameter(
    "columns",
    _columns,
    f"some of {', '.join(_NAMES)}, each once, with commas between",
    "Only these columns, in this order, with commas between.",
    {"type": "string"},
)
FILTERS: Final = (
    text(
        "search",
        "Any part of an id, a name or an e-mail address, in any case; or an internal id, whole.",
        limits.NAME_CHARS,
    ),
    repeated(text("plan", "On this plan: pro, or pro@2 for a version of it. Several: on any of them.")),
    repeated(
        choice("status", "How they are on their current plan; with `plan`, on that one. Several: any.", tuple(Status))
    ),
    repeated(
        choice(
            "interval",
            "On a plan that the catalog sells so: by its longest interval; one_off is a purchase, none a free plan. "
            "Several: any. With `plan`, that plan is; `status` is how they are on it.",
            INTERVALS,
        )
    ),
    family(text("metadata", "This custom property has this value. Several must all hold.", limits.NAME_CHARS)),
    repeated(BALANCE),
    instant("created_from", "Created from this instant on."),
    instant("created_to", "Created up to this instant."),
    choice(
        "sort",
        "Which column to sort by; what has nothing in it comes last. Amounts of all currencies are ordered by their "
        "minor units.",
        tuple(SORTS),
        NEWEST_FIRST,
    ),
    choice("order", "Up or down. Unless said: the newest first, other columns upwards.", ("asc", "desc")),
    PICKED,
    text("feature", "Show, and sort by, what is granted, remaining and used of this feature."),
)
"""What a saved view keeps."""
PARAMETERS: Final = (
    *FILTERS,
    text("view", "The id of a saved view; what is sent beside it counts for more.", VIEW_CHARS),
    LIMIT,
    CURSOR,
    *PAST,
)


def canonical_query(text: str) -> str:
    """A query string that a view may keep, in the one way it is written. Raises `InvalidInputs`.

    It is read as a request's would be. What belongs to one look at the list is no part of a view: page and moment.
    """
    try:
        pairs = parse_qsl(text.removeprefix("?"), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError:
        raise InvalidInputs({"query": f"is no query string in UTF-8 of at most {MOST_FIELDS} parameters"}) from None
    try:
        question_of(read_args(MultiDict(pairs), FILTERS))
    except InvalidInputs as refused:
        raise InvalidInputs({"query": f"was refused: {refused.sentence}"}) from None
    return urlencode(pairs)


def question_of(query: dict[str, Any]) -> AccountQuestion:
    """The question of a query's values. Raises `InvalidInputs` for what does not go together."""
    _check(query)
    keep = AccountFilter(
        query["search"],
        tuple(sorted(set(query["plan"]))),
        tuple(sorted(set(query["status"]))),
        tuple(sorted(query["metadata"].items())),
        tuple(sorted(set(query["balance"]))),
        query["created_from"],
        query["created_to"],
        tuple(sorted(set(query["interval"]))),
    )
    sort, order = query["sort"], query["order"]
    descending = order == "desc" if order is not None else sort == NEWEST_FIRST
    return AccountQuestion(keep, Ordering(sort, descending, query["feature"]), _shown(query))


def _shown(query: dict[str, Any]) -> tuple[str, ...]:
    if query["columns"] is not None:
        return tuple(query["columns"].split(","))
    return tuple(name for name in _NAMES if query["feature"] is not None or name not in OF_FEATURE)


def _check(query: dict[str, Any]) -> None:
    problems = {
        name: f"was sent {len(query[name])} times and must be sent at most {MOST_OF_EACH} times"
        for name in ("plan", "status", "interval", "metadata", "balance")
        if len(query[name]) > MOST_OF_EACH
    }
    if query["feature"] is None:
        if SORTS[query["sort"]].of_feature:
            problems["sort"] = f"was {query['sort']} and needs feature, which says of what"
        picked = [name for name in (query["columns"] or "").split(",") if name in OF_FEATURE]
        if picked:
            problems["columns"] = f"named {picked[0]} and needs feature, which says of what"
    if query["created_from"] and query["created_to"] and query["created_from"] > query["created_to"]:
        problems["created_to"] = "was before created_from and must not be"
    if problems:
        raise InvalidInputs(problems)
