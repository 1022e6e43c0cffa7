"""The timeline says what is billed, limited, taken back or set in plain sentences with their amounts."""

from decimal import Decimal

import msgspec
import pytest

from ledger.core.events import (
    Allocation,
    Change,
    ChangeAbandoned,
    ControlsChanged,
    CreditNoteIssued,
    CreditTo,
    CurrencySet,
    DiscountCreated,
    DiscountRemoved,
    EffectReversed,
    Event,
    GrantTerms,
    InvoiceCreated,
    InvoiceFinalized,
    InvoiceVoided,
    InvoiceWrittenOff,
    Level,
    Line,
    LineKind,
    LockClosed,
    LockEnd,
    LockOpened,
    Origin,
    PaymentFailed,
    PaymentRefunded,
    PaymentSucceeded,
    PlanChanged,
    PlanPastDue,
    QuantityScheduled,
    SeatsKept,
    TrialEnded,
    UsageAlerted,
    UsageBackdated,
)
from ledger.core.money import ZERO
from ledger.core.settings import LedgerSettings
from ledger.core.terms import Controls, Discount, FeatureKind, SpendLimit
from projections.timeline.fold import MODEL
from projections.timeline.memo import Memo, keep, recall
from projections.timeline.offers import SWITCHES
from projections.timeline.standing import MOST_CLOSED
from tests.projections.given import START, column, columns, recorded
from tests.projections.test_folds import ATTACHED, CREATED, HUNDRED, LATER, LOOSE, PRO, USED
from tests.projections.told import DEDUCTED, TOOK, WHY, last, say

BILL = InvoiceCreated("3.0", Origin.CYCLE, "eur", START, (Line(LineKind.BASE, 2_050, "pro"),))
FINAL = InvoiceFinalized("3.0", 12, START)
LOCK = LockOpened("job", "messages", Decimal(8), LATER, (Allocation("2.1", Decimal(8)),))
BACK = (Allocation("2.1", Decimal(-8)),)
TAKEN_AWAY = Change("2.1", Level(HUNDRED, HUNDRED), Level(HUNDRED, Decimal(60)))
OTHERS = InvoiceCreated(
    "4.0", Origin.INSERTED, "eur", START, (Line(LineKind.CUSTOM, 900),), stripe_id="in_1", status="open"
)


@pytest.mark.parametrize(
    ("events", "sentence"),
    [
        (
            [msgspec.structs.replace(ATTACHED, trial_ends_at=LATER)],
            "tests attached Pro to the customer on trial until 2026-02-01 00:00 UTC",
        ),
        (
            [ATTACHED, TrialEnded("2.0", LATER, None, None)],
            "tests ended the trial of Pro of the customer, which is paid for from now on",
        ),
        (
            [ATTACHED, PlanChanged("2.0", msgspec.structs.replace(PRO, version=2), START, None, None)],
            "tests moved Pro of the customer from version 1 to version 2",
        ),
        (
            [ATTACHED, PlanChanged("2.0", msgspec.structs.replace(PRO, custom=True), START, None, None)],
            "tests gave Pro of the customer terms of its own",
        ),
        (
            [ATTACHED, QuantityScheduled("2.0", "messages", Decimal(100), Decimal(50))],
            "tests scheduled messages bought with Pro of the customer to go from 100 to 50 at the next renewal",
        ),
        (
            [ATTACHED, SeatsKept("2.0", "seats", "2.1", Decimal(0), Decimal(2))],
            "tests kept 2 freed seats of Pro of the customer paid until the period ends",
        ),
        (
            [ATTACHED, BILL, FINAL, PlanPastDue("2.0", "3.0")],
            "tests marked Pro of the customer as past due, because invoice 12 was not paid",
        ),
        ([ATTACHED, DiscountRemoved("2.0", "spring")], "tests ended discount spring on Pro of the customer"),
        ([ATTACHED, LOCK], "tests set 8 messages of the customer aside as lock job until 2026-02-01 00:00 UTC"),
        (
            [ATTACHED, LOCK, LockClosed("job", "messages", LockEnd.CONFIRMED, Decimal(8), Decimal(3))],
            "tests recorded 3 messages used by the customer under lock job, which held 8",
        ),
        (
            [ATTACHED, LOCK, LockClosed("job", "messages", LockEnd.CONFIRMED, Decimal(8), Decimal(8))],
            "tests recorded 8 messages used by the customer under lock job, all that it held",
        ),
        (
            [ATTACHED, LOCK, LockClosed("job", "messages", LockEnd.RELEASED, Decimal(8), Decimal(0), BACK)],
            "tests released lock job of the customer and gave its 8 messages back",
        ),
        (
            [ATTACHED, LOCK, LockClosed("job", "messages", LockEnd.EXPIRED, Decimal(8), Decimal(0), BACK)],
            "tests let lock job of the customer expire and gave its 8 messages back",
        ),
        (
            [ATTACHED, UsageAlerted("messages", Decimal(80), "usage_percentage")],
            "tests noticed that use of messages of the customer reached 80%",
        ),
        (
            [ATTACHED, USED, EffectReversed(2, 2, "usage.recorded.v2", "messages", BACK, reason=WHY)],
            (
                "tests took back what event 2 (usage recorded) did to messages of the customer, "
                "which gives 8 messages back: ticket 8812"
            ),
        ),
        (
            [ATTACHED, DEDUCTED, EffectReversed(2, 2, "balance.granted.v1", "messages", (), (TAKEN_AWAY,))],
            (
                "tests took back what event 2 (balance granted) did to messages of the customer, "
                "which takes 40 messages away"
            ),
        ),
        (
            [ATTACHED, USED, EffectReversed(2, 2, "usage.recorded.v2", "messages", value=Decimal(60))],
            "tests took back what event 2 (usage recorded) did to messages of the customer, which moves no balance",
        ),
        (
            [ATTACHED, UsageBackdated("messages", Decimal(-3), START, "2.1", START, LATER, ZERO, ZERO, ZERO)],
            (
                "tests brought 3 messages that the customer gave back on 2026-01-01 00:00 UTC into the period "
                "that ended on 2026-02-01 00:00 UTC"
            ),
        ),
        ([CREATED, CurrencySet("usd", "eur")], "tests changed the currency of customer acme from USD to EUR"),
        (
            [CREATED, ControlsChanged(Controls(), Controls((SpendLimit("messages"),)))],
            "tests changed the spend limits of customer acme",
        ),
        ([BILL], "tests drew up an invoice over 20.50 EUR to the customer for what fell due"),
        ([BILL, FINAL], "tests finalized invoice 12 to the customer over 20.50 EUR"),
        (
            [BILL, msgspec.structs.replace(FINAL, credit_applied_minor=1_000)],
            (
                "tests finalized invoice 12 to the customer over 20.50 EUR, "
                "of which 10.00 EUR came from the customer's credit"
            ),
        ),
        (
            [BILL, FINAL, PaymentSucceeded("5.0", 2_050, "eur", START, "3.0")],
            "tests received 20.50 EUR for invoice 12 to the customer",
        ),
        (
            [BILL, FINAL, PaymentFailed("5.0", 2_050, "eur", "card_declined", "3.0")],
            "tests was refused 20.50 EUR for invoice 12 to the customer (card declined)",
        ),
        ([BILL, FINAL, InvoiceVoided("3.0", LATER)], "tests voided invoice 12 to the customer"),
        (
            [BILL, FINAL, InvoiceWrittenOff("3.0", LATER)],
            "tests gave up 20.50 EUR of invoice 12 to the customer as uncollectible",
        ),
        (
            [CREATED, OTHERS],
            "tests brought in an invoice over 9.00 EUR to customer acme from another system, where it is open",
        ),
        (
            [CREATED, msgspec.structs.replace(OTHERS, status="void")],
            "tests brought in an invoice over 9.00 EUR to customer acme from another system, where it is voided",
        ),
        (
            [CREATED, OTHERS, InvoiceVoided("4.0", LATER)],
            "tests voided an invoice of another system to customer acme",
        ),
        (
            [CREATED, OTHERS, PaymentSucceeded("5.0", 900, "eur", START, "4.0")],
            "tests received 9.00 EUR for an invoice of another system to customer acme",
        ),
        (
            [CREATED, ATTACHED, PlanPastDue("2.0", "sub_elsewhere")],
            "tests marked Pro of customer acme as past due, as it was in another system",
        ),
        (
            [BILL, FINAL, CreditNoteIssued("5.0", "3.0", START, CreditTo.INVOICE, 50)],
            "tests issued a credit note over 0.50 EUR for invoice 12 to the customer, off what is still open",
        ),
        (
            [msgspec.structs.replace(BILL, currency="jpy")],
            "tests drew up an invoice over 2050 JPY to the customer for what fell due",
        ),
        (
            [ChangeAbandoned("2.0", "attach", ("pro",), "card_declined")],
            "tests gave up a change for the customer (attach of pro), because it was not paid for (card declined)",
        ),
    ],
)
def test_sentences_about_billing_read_as_people_say_them(events: list[Event], sentence: str) -> None:
    assert say(*events) == sentence


def test_a_payment_shows_what_was_owed_before_and_after() -> None:
    paid = last(BILL, FINAL, PaymentSucceeded("5.0", 2_000, "eur", START, "3.0"))
    before, after, amount = columns(MODEL, "timeline", paid, ["before", "after", "amount"])
    assert msgspec.json.decode(before)["due"] == 20.5
    assert msgspec.json.decode(after) == {
        "number": 12, "status": "open", "currency": "eur", "total": 20.5, "due": 0.5, "paid": 20,
    }  # fmt: skip
    assert amount == 20


@pytest.mark.parametrize(
    ("events", "amount"),
    [
        ([BILL, FINAL], "20.5"),
        ([BILL, FINAL, InvoiceVoided("3.0", LATER)], "-20.5"),
        ([BILL, FINAL, PaymentSucceeded("5.0", 2_000, "eur", START, "3.0"), InvoiceWrittenOff("3.0", LATER)], "-0.5"),
        ([ATTACHED, USED, EffectReversed(2, 2, "usage.recorded.v2", "messages", BACK, value=Decimal(60))], "-60"),
        ([ATTACHED, USED, EffectReversed(2, 2, "balance.granted.v1", "messages", (), (TAKEN_AWAY,))], "-40"),
        ([ATTACHED, USED, EffectReversed(2, 2, "balance.set.v1", "messages")], "0"),
    ],
)
def test_what_closes_an_invoice_or_takes_something_back_says_how_much(events: list[Event], amount: str) -> None:
    assert column(MODEL, "timeline", last(*events), "amount") == Decimal(amount)


def test_a_correction_is_found_by_the_plan_whose_balance_it_moves() -> None:
    back = EffectReversed(2, 2, "balance.granted.v1", "messages", (), (TAKEN_AWAY,))
    assert column(MODEL, "timeline", last(ATTACHED, back), "plan_id") == "pro"


def test_a_discount_says_which_one_it_is() -> None:
    spring = DiscountCreated(Discount("spring", "Spring"))
    assert msgspec.json.decode(column(MODEL, "timeline", last(spring), "links")) == {"discount_id": "spring"}


def test_every_setting_that_is_a_switch_is_told_in_words_of_its_own() -> None:
    assert set(SWITCHES) == {
        name for name, value in msgspec.structs.asdict(LedgerSettings()).items() if isinstance(value, bool)
    }


def test_a_use_that_credits_paid_for_is_taken_back_in_credits() -> None:
    terms = GrantTerms(LOOSE.grant_id, "credits", FeatureKind.CONSUMABLE, START)
    granted = msgspec.structs.replace(LOOSE, feature_id="credits", terms=terms)
    back = EffectReversed(3, 3, "usage.recorded.v2", "messages", (Allocation(LOOSE.grant_id, Decimal(-2)),), value=TOOK)
    told = last(ATTACHED, granted, back)
    assert str(column(MODEL, "timeline", told, "sentence")).endswith("which gives 2 credits back")
    assert column(MODEL, "timeline", told, "amount") == -TOOK


def test_what_is_of_another_system_says_what_it_is_called_there() -> None:
    attached = msgspec.structs.replace(ATTACHED, external_id="sub_elsewhere")
    for told, name, value in ((last(OTHERS), "stripe_id", "in_1"), (last(attached), "external_id", "sub_elsewhere")):
        assert msgspec.json.decode(column(MODEL, "timeline", told, "links"))[name] == value
    after = msgspec.json.decode(column(MODEL, "timeline", last(ATTACHED), "after"))
    assert after["started_at"].startswith("2026-01-01")


def test_only_the_last_closed_invoices_are_remembered_and_an_older_one_is_told_without_its_number() -> None:
    memo, bills = Memo(), MOST_CLOSED + 3
    for number in range(1, bills + 1):
        key = f"{number}.0"
        for event in (
            msgspec.structs.replace(BILL, invoice_id=key),
            InvoiceFinalized(key, number, START),
            PaymentSucceeded(key, 2_050, "eur", START, key),
        ):
            memo, _ = MODEL.fold(memo, recorded(event))
    assert len(memo.invoices) == MOST_CLOSED
    assert recall(keep(memo)) == memo
    _, (final,) = MODEL.fold(memo, recorded(PaymentRefunded("1.0", 50, "eur", START)))
    assert column(MODEL, "timeline", final.row, "sentence") == "tests paid 0.50 EUR back for an invoice to the customer"
