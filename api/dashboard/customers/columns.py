"""The columns of the list: what they are called, which can be shown, and how each is sorted."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from api.reads.account_query import AccountQuestion
from projections.reads import SORTS

LABELS: Final = {
    "name": "Customer",
    "id": "ID",
    "email": "Email",
    "plan": "Plan",
    "plan_id": "Plan ID",
    "plan_version": "Version",
    "plan_status": "Status",
    "base_price": "Base price",
    "active_subscriptions": "Subscriptions",
    "balance_owed": "Balance",
    "credit": "Credit",
    "currency": "Currency",
    "remaining": "Remaining",
    "granted": "Granted",
    "usage": "Used",
    "metadata": "Properties",
    "internal_id": "Internal ID",
    "created_at": "Signed up",
}
PICKABLE: Final = tuple(name for name in LABELS if name != "name")
"""What can be shown beside the customer, in this order."""
DEFAULT: Final = ("id", "plan", "plan_status", "active_subscriptions", "balance_owed", "remaining", "created_at")
OF_FEATURE: Final = frozenset({"remaining", "granted", "usage"})
NUMBERS: Final = OF_FEATURE | {"active_subscriptions", "base_price", "balance_owed", "credit", "plan_version"}
DESCENDING_FIRST: Final = NUMBERS | {"created_at"}
READ_WITH: Final = ("id", "internal_id", "name", "email", "plan_version", "credit", "currency", "granted", "unlimited")
"""What cells need beside the columns that are shown."""


class Heading(NamedTuple):
    """A column's head: its words, the order that a click sorts by (None for none), how it is sorted now (aria-sort)."""

    name: str
    label: str
    order: str | None
    sorted: str
    number: bool


def shown(question: AccountQuestion, *, picked: bool) -> tuple[str, ...]:
    """The columns of the page, the customer first; those that were picked, in their order."""
    feature = question.ordering.feature_id is not None
    names = question.columns if picked else DEFAULT
    wanted = [name for name in names if name in PICKABLE and (feature or name not in OF_FEATURE)]
    return ("name", *wanted)


def headings(names: Sequence[str], question: AccountQuestion) -> Sequence[Heading]:
    """The heads of the columns; a click sorts by one, a second the other way round."""
    return [_heading(name, question) for name in names]


def _heading(name: str, question: AccountQuestion) -> Heading:
    ordering = question.ordering
    now = ordering.sort == name
    descending = not ordering.descending if now else name in DESCENDING_FIRST
    order = None if name not in SORTS else "desc" if descending else "asc"
    state = "none" if not now else "descending" if ordering.descending else "ascending"
    return Heading(name, LABELS[name], order, state, name in NUMBERS)
