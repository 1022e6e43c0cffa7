"""What a request asks of the books: its days, its accounts, whose they are, and as of when."""

from datetime import date, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from api.call import Call
from api.ids import INVOICE, local_of
from api.reads.past import Then, on_record, then_of
from api.reads.query import Parameter, choice, day, text
from ledger.core.errors import InvalidInput, InvalidRequest
from ledger.core.settings import LedgerSettings
from ledger.store.addresses import CustomerAddress
from projections.journal.chart import ACCOUNTS, RECEIVABLES
from projections.journal.entries import EntryKind
from projections.queries import journal as books
from projections.queries.journal import BooksFilter, LinesFilter
from projections.reads import View
from projections.when import When

ACCOUNT_CHARS: Final = 100


def _account(value: str) -> tuple[str, ...]:
    found = tuple(name for name in ACCOUNTS if name == value or name.startswith(f"{value}:"))
    if not found:
        raise ValueError
    return found


def _currency(value: str) -> str:
    if len(value) != 3 or not value.isascii() or not value.isalpha():
        raise ValueError
    return value.lower()


ACCOUNT: Final = Parameter(
    "account",
    _account,
    "an account of /v1/books/accounts, or the first parts of one such as Assets:Cash",
    "Only this account, or those below it.",
    {"type": "string", "minLength": 1, "maxLength": ACCOUNT_CHARS},
)
CURRENCY: Final = Parameter(
    "currency",
    _currency,
    "an ISO 4217 currency such as usd",
    "Only amounts in this currency.",
    {"type": "string", "minLength": 3, "maxLength": 3},
)
FROM: Final = day("from", "From this day on.")
TO: Final = day("to", "Up to this day, and it too; days to come hold what will be recognised then.")
CUSTOMER: Final = text("customer_id", "Only what is about this customer.")
OF_ENTRIES: Final = (
    text("invoice_id", "Only what is about the invoice with this id."),
    text("plan_id", "Only entries with a line of this plan."),
    text("feature_id", "Only entries with a line of this feature."),
    choice("kind", "Only entries of this kind.", tuple(EntryKind)),
)


class Asked(NamedTuple):
    """A question to the books, before there is a view to answer it from.

    `currency` is that of the customer it is about, else the ledger's.
    """

    keep: BooksFilter
    of_lines: LinesFilter
    when: When | None
    settings: LedgerSettings
    currency: str

    def within(self, view: View) -> BooksFilter:
        """What is asked for, its last day in place.

        Without `to` and `at` it is the present: today in the ledger's time zone, or the day of the latest entry where
        customers' own clocks are ahead of it. The present is that of `as_of` where that was sent.
        """
        keep = self.keep
        if not keep.implied:
            return keep
        latest = view.standing.clock if self.when is None else self.when.known_at
        entry_at = books.last_entry_at(view, keep.upto_position)
        days = [self._day(each) for each in (latest, entry_at) if each is not None]
        return keep._replace(to_day=max(days))

    def position(self, view: View) -> int:
        """The position that the answer is as of."""
        return view.position if self.when is None else min(view.position, self.when.position)

    def due(self, view: View) -> datetime | None:
        """Up to when due work is done in the answer; of the past nobody knows."""
        return view.due if self.when is None else None

    def stated(self) -> "Asked":
        """The same of a statement: of receivables where a customer was named alone, in the ledger's currency."""
        keep = self.keep
        if keep.accounts is None and keep.stream_id is None:
            raise InvalidRequest("A statement is of an account or of a customer: send account, customer_id or both")
        accounts, currency = keep.accounts or (RECEIVABLES,), keep.currency or self.currency
        return self._replace(keep=keep._replace(accounts=accounts, currency=currency))

    def _day(self, instant: datetime) -> date:
        return instant.astimezone(self.settings.zone).date()


def asked(call: Call, query: dict[str, Any]) -> Asked:
    """Read a question to the books. Raises `InvalidInput`, `InvalidRequest`, and what a moment is refused with."""
    then = then_of(call, query)
    settings, when = (call.background.settings, None) if then is None else (then.settings, then.when)
    found = question(settings, when, query)
    keep = found.keep._replace(ahead=query["as_of"] is None)
    return _of_whom(call, query, found._replace(keep=keep), then)


def question(settings: LedgerSettings, when: When | None, query: dict[str, Any]) -> Asked:
    """The question of `from`, `to`, `account`, `currency` and what entries are asked for. Raises `InvalidInput`."""
    first, last = query["from"], _last(query["to"], when, settings)
    if first is not None and last is not None and last < first:
        raise InvalidInput(f"from was {first} and must not be after the last day asked for, {last}")
    keep = BooksFilter(
        first,
        last,
        None if when is None else when.position,
        query.get("account"),
        query["currency"],
        implied=last is None,
    )
    of_lines = LinesFilter(None, query.get("plan_id"), query.get("feature_id"), query.get("kind"))
    return Asked(keep, of_lines, when, settings, settings.currency)


def _last(to_day: date | None, when: When | None, settings: LedgerSettings) -> date | None:
    if when is None or when.at is None:
        return to_day
    at_day = when.at.astimezone(settings.zone).date()
    return at_day if to_day is None else min(at_day, to_day)


def _of_whom(call: Call, query: dict[str, Any], found: Asked, then: Then | None) -> Asked:
    stream_id = None
    if query["customer_id"] is not None:
        stream_id, currency = _customer(call, query["customer_id"], then)
        found = found._replace(currency=currency or found.currency)
    invoice = query.get("invoice_id")
    if invoice is None:
        return found._replace(keep=found.keep._replace(stream_id=stream_id))
    local = local_of(INVOICE, invoice)
    if local is None:
        raise InvalidInput(f"invoice_id was {invoice!r} and must be the id of an invoice, such as one of /v1/invoices")
    if stream_id not in (None, local[0]):
        raise InvalidRequest("invoice_id names an invoice of another customer: leave one of the two out")
    keep, of_lines = found.keep._replace(stream_id=local[0]), found.of_lines._replace(invoice_id=local[1])
    return found._replace(keep=keep, of_lines=of_lines)


def _customer(call: Call, customer_id: str, then: Then | None) -> tuple[UUID, str | None]:
    """The stream and the currency of the customer who has an id, or had it then. Raises `CustomerNotFound`."""
    if then is None:
        step = call.look(CustomerAddress(customer_id)).steps[0]
        return step.stream_id, step.after.currency
    stood = on_record(call, then, customer_id).stood
    return stood.stream_id, stood.customer.currency
