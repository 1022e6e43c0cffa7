"""GET reads of the books. Amounts are major units of their own currency; a debit balance is above zero."""

from api.wire.fields import Choice, Currency, CustomerId, EntityId, FeatureId, PlanId, Text
from api.wire.nesting import Shape
from api.wire.quantities import Total, Whole
from api.wire.reading.fields import Day, Instant, Position, Said, many, next_cursor, rows
from api.wire.schema import WireSchema


class LedgerAccountSchema(WireSchema):
    """An account of the chart."""

    account = Text(required=True)
    type = Choice("assets", "liabilities", "equity", "income", "expenses", required=True)
    side = Choice("debit", "credit", required=True)
    about = Said(required=True)


class ChartSchema(WireSchema):
    """The chart of accounts."""

    list = many(Shape(LedgerAccountSchema))


class DaysSchema(WireSchema):
    """The days that an answer is about, both included."""

    from_ = Day(data_key="from", required=True, allow_none=True)
    to = Day(required=True, allow_none=True)


class CurrencyTotalSchema(WireSchema):
    """The sums of a currency: in whole books both sides are the same."""

    currency = Currency(required=True)
    opening = Total(required=True)
    debits = Total(required=True)
    credits = Total(required=True)
    balance = Total(required=True)


class StandingSchema(CurrencyTotalSchema):
    """What stands on an account in a currency."""

    account = Text(required=True)


class TrialBalanceSchema(DaysSchema):
    """What stands on each account, and the totals."""

    list = many(Shape(StandingSchema))
    totals = many(Shape(CurrencyTotalSchema))


class CorrectsSchema(WireSchema):
    """Of what belongs to a closed period: its day there, and the entry that it corrects."""

    day = Day(required=True)
    entry_id = Text(required=True, allow_none=True)


class ServiceSchema(WireSchema):
    """The time that a line is for."""

    start = Instant(required=True)
    end = Instant(required=True)


class _EntryHeadSchema(WireSchema):
    """What an entry says of itself."""

    entry_id = Text(required=True)
    position = Position(required=True)
    version = Position(required=True)
    kind = Text(required=True)
    posted_on = Day(required=True)
    corrects = Shape(CorrectsSchema, required=True, allow_none=True)
    about_entry_id = Text(required=True, allow_none=True)
    currency = Currency(required=True)
    customer_id = CustomerId(required=True)
    invoice_id = Text(required=True, allow_none=True)
    invoice_number = Position(required=True, allow_none=True)


class PostingSchema(WireSchema):
    """A line of an entry: a debit or a credit."""

    account = Text(required=True)
    debit = Total(required=True, allow_none=True)
    credit = Total(required=True, allow_none=True)
    invoice_item = Whole(required=True, allow_none=True)
    plan_id = PlanId(required=True, allow_none=True)
    feature_id = FeatureId(required=True, allow_none=True)
    entity_id = EntityId(required=True, allow_none=True)
    period = Shape(ServiceSchema, required=True, allow_none=True)


class JournalEntrySchema(_EntryHeadSchema):
    """An entry, balanced by itself."""

    lines = many(Shape(PostingSchema))


class JournalSchema(DaysSchema):
    """A page of the journal."""

    list = rows(Shape(JournalEntrySchema))
    next_cursor = next_cursor()


class StatedLineSchema(_EntryHeadSchema, PostingSchema):
    """A line of an account, and what stands there after it."""

    balance = Total(required=True)


class StatementSchema(DaysSchema):
    """A page of an account's lines in one currency."""

    currency = Currency(required=True)
    opening = Total(required=True)
    carried = Total(required=True)
    closing = Total(required=True)
    list = rows(Shape(StatedLineSchema))
    next_cursor = next_cursor()
