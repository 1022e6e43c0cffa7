"""Why a number is what it is: the events behind it, as `explain=true` shows them."""

from api.wire.fields import Text
from api.wire.nesting import ListOf, Shape
from api.wire.quantities import Total, Whole
from api.wire.reading.fields import Instant, Position, Said, many
from api.wire.schema import WireSchema


class SourceSchema(WireSchema):
    """An event that something comes from."""

    position = Position(required=True)
    version = Position(required=True)
    type = Text(required=True)
    at = Instant(required=True)
    actor = Said(required=True)
    on_behalf_of = Said(required=True, allow_none=True)
    reason = Said(required=True, allow_none=True)


class NumberPartSchema(SourceSchema):
    """What an event, or several like it in a row, changed of a number: from `before` to `after`."""

    first_position = Position()
    first_version = Position()
    events = Whole()
    before = Total(required=True)
    after = Total(required=True)
    change = Total(required=True)


def parts() -> ListOf:
    """The events behind one number, in order."""
    return many(Shape(NumberPartSchema))


class GrantNumbersSchema(WireSchema):
    """The events behind each number of a grant."""

    granted = parts()
    included_grant = parts()
    prepaid_grant = parts()
    remaining = parts()
    usage = parts()


class ExplainedBalanceSchema(GrantNumbersSchema):
    """The events behind each number of a balance, and of what it carries over."""

    rollovers = ListOf(Shape(GrantNumbersSchema), most=1_000)


class ExplainedLineSchema(WireSchema):
    """The events behind a line of an invoice, and those that it is charged for."""

    amount = parts()
    discounts = parts()
    first_version = Position(required=True, allow_none=True)
    last_version = Position(required=True, allow_none=True)
    first_position = Position(required=True, allow_none=True)
    last_position = Position(required=True, allow_none=True)
    events = Whole(required=True)
    charged_for = many(Shape(SourceSchema))


class ExplainedInvoiceSchema(WireSchema):
    """The events behind each number of an invoice."""

    total = parts()
    credit_applied = parts()
    amount_paid = parts()
    credited = parts()
    refunded_amount = parts()
    due = parts()
    items = many(Shape(ExplainedLineSchema))
