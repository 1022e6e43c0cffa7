"""What each GET read answers, and what it may refuse beside what every read may."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from api.wire.customers import CustomerAnswerSchema
from api.wire.reading import books, history, holdings
from api.wire.schema import WireSchema

_CUSTOMER: Final = "customer_not_found"
_ENTITY: Final = "entity_not_found"
_POSITION: Final = "position_not_found"
_FOLLOWERS: Final = "too_many_followers"


class Answer(NamedTuple):
    """The schema of an answer (of each of its lines where it is NDJSON), and the codes of its own refusals."""

    schema: type[WireSchema]
    errors: tuple[str, ...] = ()


ANSWERS: Final[Mapping[str, Answer]] = MappingProxyType(
    {
        "reads.customers": Answer(holdings.CustomerRowsSchema, (_POSITION, "view_not_found")),
        "reads.views": Answer(holdings.ViewsSchema),
        "reads.customer": Answer(CustomerAnswerSchema, (_CUSTOMER, _POSITION)),
        "reads.balances": Answer(holdings.BalanceRowsSchema, (_CUSTOMER, _POSITION)),
        "reads.customer_subscriptions": Answer(holdings.HeldRowsSchema, (_CUSTOMER, _ENTITY, _POSITION)),
        "reads.subscriptions": Answer(holdings.HeldRowsSchema, (_CUSTOMER, _ENTITY, _POSITION)),
        "reads.entities": Answer(holdings.EntityRowsSchema, (_CUSTOMER, _POSITION)),
        "reads.customer_invoices": Answer(holdings.ReadInvoicesSchema, (_CUSTOMER, _ENTITY, _POSITION)),
        "reads.invoices": Answer(holdings.ReadInvoicesSchema, (_CUSTOMER, _ENTITY, _POSITION)),
        "reads.customer_timeline": Answer(history.TimelineSchema, (_CUSTOMER, _POSITION, _FOLLOWERS)),
        "reads.timeline": Answer(history.TimelineSchema, (_CUSTOMER, _POSITION, _FOLLOWERS)),
        "reads.usage": Answer(history.UsesSchema, (_CUSTOMER, _POSITION)),
        "reads.usage_sums": Answer(history.UseSumsSchema, (_CUSTOMER, _POSITION)),
        "reads.customer_usage": Answer(history.UsesSchema, (_CUSTOMER, _POSITION)),
        "reads.customer_usage_sums": Answer(history.UseSumsSchema, (_CUSTOMER, _POSITION)),
        "reads.books_accounts": Answer(books.ChartSchema, (_POSITION,)),
        "reads.trial_balance": Answer(books.TrialBalanceSchema, (_CUSTOMER, _POSITION)),
        "reads.journal": Answer(books.JournalSchema, (_CUSTOMER, _POSITION)),
        "reads.statement": Answer(books.StatementSchema, (_CUSTOMER, _POSITION)),
        "reads.events": Answer(history.LogEventSchema, (_CUSTOMER, _POSITION)),
    }
)
