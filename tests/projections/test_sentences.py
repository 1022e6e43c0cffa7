"""The timeline says every event in one plain sentence."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from ledger.core.balances.balance import opened
from ledger.core.events import (
    REGISTRY,
    Allocation,
    BalanceDeducted,
    BalanceReset,
    BalanceSet,
    Change,
    ChangeAbandoned,
    ClockMoved,
    ControlsChanged,
    CreditNoteIssued,
    CreditTo,
    CurrencySet,
    CustomerCreated,
    CustomerUpdated,
    DiscountCreated,
    DiscountRemoved,
    EffectReversed,
    Ended,
    EntityCreated,
    Event,
    GrantTerms,
    InvoiceCreated,
    InvoiceFinalized,
    InvoiceVoided,
    InvoiceWrittenOff,
    KeyCreated,
    KeyRevoked,
    LedgerChanged,
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
    PlanActivated,
    PlanAttached,
    PlanCanceled,
    PlanChanged,
    PlanExpired,
    PlanPastDue,
    PlanRenewed,
    PlanScheduled,
    QuantityChanged,
    QuantityScheduled,
    SeatsKept,
    TrialEnded,
    UsageAlerted,
    UsageBackdated,
    UsageRecorded,
    stored_name,
    today,
)
from ledger.core.invoices.invoice import Invoice
from ledger.core.money import ZERO
from ledger.core.sealed import FORGOTTEN, Sealed
from ledger.core.settings import LedgerSettings
from ledger.core.terms import Controls, Discount, FeatureKind, SpendLimit
from ledger.store.addresses import internal_id
from projections.models import MODELS
from projections.timeline.fold import MODEL, SENTENCES, entry
from projections.timeline.memo import Memo, keep, recall
from projections.timeline.offers import SWITCHES
from projections.timeline.standing import MOST_CLOSED, named
from tests.golden.examples import EXAMPLES
from tests.projections.given import START, STREAM, column, columns, given, recorded
from tests.projections.test_folds import ATTACHED, CREATED, FREE, HUNDRED, LATER, LOOSE, PRO, USED

TOOK = Decimal(40)
RENAMED = CustomerUpdated(Sealed({"name": "A"}), Sealed({"name": "B"}))
TEAM = EntityCreated("team", "seats", None, START)
WHY = Sealed("ticket 8812")
DEDUCTED = BalanceDeducted(
    "messages",
    TOOK,
    (Change("2.1", Level(HUNDRED, HUNDRED), Level(HUNDRED, Decimal(60))),),
    reason=Sealed("ticket 8812"),
)


RESET = BalanceReset("messages", "2.1", DEDUCTED.changes[0].after, DEDUCTED.changes[0].before, Decimal(0), START, LATER)


def last(*events: Event) -> Any:
    """The columns of the entry of the last event."""
    rows = given(MODEL, *events)["timeline"]
    assert len(rows) == len(events)
    return rows[(len(events),)]


def say(*events: Event) -> str:
    return str(column(MODEL, "timeline", last(*events), "sentence"))


def test_every_event_there_is_has_a_sentence() -> None:
    assert set(SENTENCES) == {today(cls) for cls in REGISTRY.values()} == set(MODEL.folds)


def test_every_event_that_a_model_is_shown_is_one_there_is() -> None:
    assert all(model.folds <= set(REGISTRY.values()) for model in MODELS)


@pytest.mark.parametrize(
    ("events", "sentence"),
    [
        ([CREATED], "tests created customer acme"),
        (
            [CREATED, CustomerUpdated(Sealed({"name": "A"}), Sealed({"name": "B"}))],
            "tests changed name of customer acme",
        ),
        (
            [CREATED, CustomerUpdated(Sealed({}), Sealed({}), "acme", "acme-2")],
            "tests gave customer acme the id acme-2",
        ),
        ([ClockMoved(None, LATER)], "tests moved the clock of the customer to 2026-02-01 00:00 UTC"),
        ([ATTACHED], "tests attached Pro to the customer"),
        ([ATTACHED, USED], "tests recorded 60 messages used by the customer"),
        (
            [ATTACHED, USED, UsageRecorded("messages", Decimal("-2.50"))],
            "tests recorded 2.5 messages given back by the customer",
        ),
        (
            [ATTACHED, UsageRecorded("messages", Decimal(3), dropped=Decimal(3))],
            "tests recorded 3 messages used by the customer, of which 3 found no balance",
        ),
        ([ATTACHED, DEDUCTED], "tests deducted 40 of 100 messages from the customer: ticket 8812"),
        ([LOOSE], "tests granted 5 messages to the customer"),
        (
            [ATTACHED, BalanceSet("messages", DEDUCTED.changes)],
            "tests set messages of the customer from 100 to 60",
        ),
        (
            [
                ATTACHED,
                BalanceReset(
                    "messages", "2.1", DEDUCTED.changes[0].after, DEDUCTED.changes[0].before, TOOK, START, LATER
                ),
            ],
            "tests reset messages of the customer to 100 after 40 were used",
        ),
        (
            [ATTACHED, PlanCanceled("2.0", START, LATER)],
            "tests canceled Pro of the customer from 2026-02-01 00:00 UTC on",
        ),
        (
            [ATTACHED, PlanExpired("2.0", LATER, Ended.CANCELED)],
            "tests ended Pro of the customer, because it was canceled",
        ),
        ([ATTACHED, PlanRenewed("2.0", START, LATER)], "tests renewed Pro of the customer until 2026-02-01 00:00 UTC"),
        (
            [ATTACHED, PlanScheduled("9.0", FREE, LATER, START, replaces="2.0")],
            "tests scheduled Free for the customer after Pro to start on 2026-02-01 00:00 UTC",
        ),
        (
            [PlanScheduled("9.0", FREE, LATER, START), PlanActivated("9.0", LATER, None, None, ())],
            "tests started Free of the customer as scheduled",
        ),
        (
            [ATTACHED, QuantityChanged("2.0", "messages", "2.1", Decimal(100), Decimal(200), Decimal(0), Decimal(100))],
            "tests changed messages bought with Pro of the customer from 100 to 200",
        ),
        (
            [ATTACHED, TEAM],
            "tests created entity team of the customer, which takes one of seats",
        ),
        ([LedgerChanged("late_usage_days", "7", "30")], "tests changed the ledger's late usage days from 7 to 30"),
        (
            [LedgerChanged("timezone", "UTC", "Asia/Tokyo")],
            "tests changed the ledger's time zone from UTC to Asia/Tokyo",
        ),
        (
            [LedgerChanged("gateway", "None", "manual")],
            "tests changed the ledger's payment gateway from the usual one to manual",
        ),
        (
            [LedgerChanged("require_reason", "False", "True")],
            "tests switched on that changes of balances and cancellations need a reason",
        ),
        (
            [LedgerChanged("reverse_deduction_order", "True", "False")],
            "tests switched off that the balance with the longer interval is used first",
        ),
        ([LedgerChanged("books_closed_until", "never", "2026-01-31")], "tests closed the books until 2026-01-31"),
        (
            [LedgerChanged("books_closed_until", "2026-01-31", "2026-02-28")],
            "tests closed the books until 2026-02-28 instead of 2026-01-31",
        ),
        (
            [LedgerChanged("books_closed_until", "2026-01-31", "never")],
            "tests opened the books again, which were closed until 2026-01-31",
        ),
        ([KeyCreated("k", "billing", "write", START)], "tests created the write key billing"),
        (
            [KeyCreated("k", "billing", "write", START), KeyRevoked("k", START)],
            "tests revoked the write key billing (k)",
        ),
    ],
)
def test_sentences_read_as_people_say_them(events: list[Event], sentence: str) -> None:
    assert say(*events) == sentence


def test_a_switch_of_plans_says_both_and_an_attach_for_an_entity_says_whose() -> None:
    switched = PlanAttached("5.0", PRO, START, START, None, None, (), replaces="1.0")
    free = PlanAttached("1.0", FREE, START, START, None, None, (), default=True)
    assert say(free) == "tests attached Free to the customer as the default"
    assert say(free, switched) == "tests attached Pro to the customer in place of Free"
    assert (
        say(msgspec.structs.replace(switched, entity_id="team")) == "tests attached Pro to entity team of the customer"
    )


def test_usage_shows_what_the_feature_stood_at_before_and_after() -> None:
    entry = last(ATTACHED, USED)
    before, after = columns(MODEL, "timeline", entry, ["before", "after"])
    assert msgspec.json.decode(before) == {"granted": 100, "remaining": 100, "usage": 0}
    assert msgspec.json.decode(after) == {"granted": 100, "remaining": 40, "usage": 60}
    assert columns(MODEL, "timeline", entry, ["kind", "feature_ids", "amount"]) == [
        "usage.recorded",
        ("messages",),
        Decimal(60),
    ]


def test_a_forgotten_reason_is_left_out() -> None:
    forgotten = msgspec.structs.replace(DEDUCTED, reason=Sealed(FORGOTTEN))
    assert say(CREATED, ATTACHED, forgotten) == "tests deducted 40 of 100 messages from customer acme"


def test_who_somebody_acts_for_stands_beside_them() -> None:
    _, (final,) = MODEL.fold(Memo(), recorded(CREATED, 1, "support-tool", "Ada"))
    assert column(MODEL, "timeline", final.row, "sentence") == "support-tool (for Ada) created customer acme"


def test_what_is_kept_of_a_stream_tells_the_same_as_what_was_in_memory() -> None:
    memo, entries = Memo(), []
    kept: Memo = Memo()
    for position, event in enumerate([CREATED, ATTACHED, LOOSE, USED, DEDUCTED], start=1):
        memo, (final,) = MODEL.fold(memo, recorded(event, position))
        again, (other,) = MODEL.fold(kept, recorded(event, position))
        kept = recall(keep(again))
        entries.append((final.row, other.row))
    assert all(one == other for one, other in entries)
    assert keep(memo) == keep(kept)


@pytest.mark.parametrize(
    ("said", "who"),
    [
        ({"name": "Ada", "email": "ada@example.com"}, "customer ada@example.com"),
        ({"name": "Ada"}, "customer Ada"),
        ({}, f"customer {internal_id(STREAM)}"),
    ],
)
def test_a_customer_without_an_id_is_named_by_what_is_known_of_it(said: dict[str, object], who: str) -> None:
    created = CustomerCreated(None, Sealed(said), START)
    assert say(created) == f"tests created {who}"
    assert say(created, ATTACHED, USED) == f"tests recorded 60 messages used by {who}"
    memo = MODEL.fold(Memo(), recorded(created))[0]
    assert recall(keep(memo)) == memo


def test_everything_but_plain_usage_is_searched_by_the_names_of_its_customer() -> None:
    renamed = CustomerUpdated(Sealed({"name": "Ada"}), Sealed({"name": "Grace"}))
    created = CustomerCreated("acme", Sealed({"name": "Ada", "email": "ada@example.com"}), START)
    explained = msgspec.structs.replace(USED, reason=WHY)
    names = [
        column(MODEL, "timeline", last(*events), "known_as")
        for events in ([created], [created, renamed], [created, ATTACHED, USED], [created, ATTACHED, explained])
    ]
    assert names == ["Ada ada@example.com", "Grace ada@example.com", None, "Ada ada@example.com"]
    assert column(MODEL, "timeline", last(KeyCreated("k", "billing", "write", START)), "known_as") == ""


PLANNED = {key: named(PRO) for key in ("7.0", "8.0")}
GRANTED = {key: opened(GrantTerms(key, "messages", FeatureKind.CONSUMABLE, START)) for key in ("7.0", "7.1", "7.2")}
OWED = {"9.0": Invoice("9.0", Origin.CYCLE, "eur", START, (Line(LineKind.BASE, 1_375),), number=1_204)}
KNOWN = Memo("acme", PLANNED, GRANTED, OWED, "eur")


@pytest.mark.parametrize("event", [each for each in EXAMPLES if type(each) in SENTENCES], ids=stored_name)
def test_every_event_is_told_in_one_plain_line(event: Event) -> None:
    told = SENTENCES[type(event)](event, KNOWN, KNOWN)
    assert told.phrase
    assert not any(found in told.phrase for found in ("{", "}", "\n", "None", "Decimal", "datetime"))
    assert not told.phrase.endswith((".", " "))
    entry(recorded(event), KNOWN, told)


def test_every_event_has_an_example_to_be_told() -> None:
    assert {type(each) for each in EXAMPLES} >= set(SENTENCES)


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
