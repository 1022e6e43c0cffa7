"""A customer of the list as a flat row, on the wire and in files."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from api.ids import shown_customer
from api.reads.resource import Column, Kind
from api.views.base_price import monthly_base, sold
from ledger.core.money import to_major
from ledger.core.offers.catalog import Catalog
from ledger.store.addresses import internal_id
from projections.accounts.plans import Status
from projections.jsonb import plain_json, read_json
from projections.queries.accounts import AccountRow


class Shown(NamedTuple):
    """A row with the currency of its ledger, for customers that have none of their own, and what its plans cost."""

    row: AccountRow
    ledger_currency: str
    catalog: Catalog

    @property
    def currency(self) -> str:
        return self.row.currency or self.ledger_currency


def _base_price(shown: Shown) -> Decimal | None:
    row = shown.row
    plan = None if row.plan_status == Status.EXPIRED else sold(shown.catalog, row.plan_id, row.plan_version)
    return None if plan is None else monthly_base(plan, shown.currency)


def _owed_other(shown: Shown) -> Mapping[str, Decimal]:
    owed = shown.row.owed_elsewhere()
    return {currency: to_major(minor, currency) for currency, minor in owed.items()}


_COLUMNS: Final[tuple[tuple[Column, Callable[[Shown], Any]], ...]] = (
    (Column("id", Kind.TEXT, "The customer's own id."), lambda each: each.row.customer_id),
    (
        Column("internal_id", Kind.TEXT, "What addresses it in any case."),
        lambda each: internal_id(each.row.stream_id),
    ),
    (Column("name", Kind.TEXT, "Its name."), lambda each: each.row.name),
    (Column("email", Kind.TEXT, "Its e-mail address."), lambda each: each.row.email),
    (Column("plan", Kind.TEXT, "The name of its current plan."), lambda each: each.row.plan),
    (Column("plan_id", Kind.TEXT, "The id of that plan."), lambda each: each.row.plan_id),
    (Column("plan_version", Kind.INTEGER, "Its version of that plan."), lambda each: each.row.plan_version),
    (Column("plan_status", Kind.TEXT, "How it is on that plan."), lambda each: each.row.plan_status),
    (Column("base_price", Kind.NUMBER, "What the catalog says that plan costs a month, use aside."), _base_price),
    (
        Column("active_subscriptions", Kind.INTEGER, "Subscriptions in force, its entities' included."),
        lambda each: each.row.active_subscriptions,
    ),
    (
        Column("balance_owed", Kind.NUMBER, "Due on its open invoices."),
        lambda each: to_major(each.row.owed_minor, each.currency),
    ),
    (
        Column("balance_owed_other", Kind.JSON, "Due in other currencies, by currency."),
        _owed_other,
    ),
    (
        Column("credit", Kind.NUMBER, "Credit that later invoices use up."),
        lambda each: to_major(each.row.credit_minor, each.currency),
    ),
    (Column("currency", Kind.TEXT, "What it is billed in."), lambda each: each.currency),
    (Column("created_at", Kind.INSTANT, "When it signed up."), lambda each: each.row.created_at),
    (
        Column("metadata", Kind.JSON, "Its custom properties."),
        lambda each: {} if each.row.metadata is None else read_json(each.row.metadata),
    ),
    (Column("granted", Kind.NUMBER, "Units granted of the feature."), lambda each: each.row.granted),
    (Column("remaining", Kind.NUMBER, "Units left of the feature."), lambda each: each.row.remaining),
    (Column("usage", Kind.NUMBER, "Units used of the feature."), lambda each: each.row.usage),
    (Column("unlimited", Kind.BOOLEAN, "Whether it has the feature without end."), lambda each: each.row.unlimited),
)
COLUMNS: Final = tuple(column for column, _ in _COLUMNS)
OF_FEATURE: Final = frozenset({"granted", "remaining", "usage", "unlimited"})
_VALUES: Final = MappingProxyType({column.name: value for column, value in _COLUMNS})
_AS_TEXT: Final[Mapping[str, Callable[[Shown], Any]]] = MappingProxyType(
    {
        "balance_owed_other": lambda each: None if each.row.owed_other is None else _text(_owed_other(each)),
        "metadata": lambda each: each.row.metadata,
    }
)
_IN_FILES: Final = tuple(_AS_TEXT.get(name, value) for name, value in _VALUES.items())


def account(shown: Shown, columns: tuple[str, ...]) -> dict[str, Any]:
    """The columns that were asked for, by name."""
    return {name: _VALUES[name](shown) for name in columns}


def account_values(shown: Shown) -> list[Any]:
    """All columns in their order, as files hold them; JSON is passed on as the text that it is."""
    return [value(shown) for value in _IN_FILES]


def _text(value: Mapping[str, Any]) -> str | None:
    return plain_json(value).decode() if value else None


def address(row: AccountRow) -> str:
    """What addresses a customer of the list."""
    return shown_customer(row.customer_id, row.stream_id)
