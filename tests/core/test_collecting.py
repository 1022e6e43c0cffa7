"""How what a change costs is collected: declined, invoiced, on terms; the same whatever the change is (§2.2)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from ledger.core.customer import BillingChange
from ledger.core.events import (
    ChangeAbandoned,
    Event,
    InvoiceCreated,
    InvoiceFinalized,
    Line,
    LineKind,
    Origin,
    PaymentFailed,
    PaymentNeedsAction,
    PaymentRequested,
    PaymentSucceeded,
)
from ledger.core.invoices.invoice import InvoiceStatus
from ledger.core.invoices.payment import attempted
from ledger.core.settings import Gateway, LedgerSettings
from ledger.core.subscriptions.billing import Billing, CustomLine, InvoiceMode
from ledger.core.subscriptions.cancellation import Cancel, When
from ledger.core.subscriptions.change import Attach
from ledger.core.subscriptions.phases import CreateSchedule, Phase
from ledger.core.subscriptions.quantity import ChangeQuantities
from ledger.core.subscriptions.revision import Revise
from ledger.core.subscriptions.several import AttachMany
from ledger.core.terms import Plan
from tests.core.account import Account, bought
from tests.core.offers import EXTRA, FREE, MESSAGES, PREMIUM, PRO, START, WORDS, included, plan, prepaid

PACKS = plan("pro", 20, included(MESSAGES, 500), prepaid(WORDS, 0, 100, 1))
FEE = CustomLine(700, "a fee")
Made = Callable[[Billing], BillingChange]

CHANGES: dict[str, tuple[str, tuple[str, ...], Made]] = {
    "an upgrade": ("update_plan", ("premium", "pro"), lambda how: Attach("premium", billing=how)),
    "several plans": ("update_plan", ("extra",), lambda how: AttachMany((Attach("extra"),), how)),
    "a schedule": (
        "update_plan",
        ("premium", "pro"),
        lambda how: CreateSchedule((Phase((Attach("premium"),)),), billing=how),
    ),
    "a quantity": ("update_quantity", ("pro",), lambda how: ChangeQuantities("pro", None, None, bought(words=9), how)),
    "a revision": ("update_plan", ("pro",), lambda how: Revise("pro", anchor_now=True, billing=how)),
    "an end now": ("cancel_immediately", ("pro",), lambda how: Cancel("pro", when=When.NOW, billing=how)),
    "an end later": ("cancel_end_of_cycle", ("pro",), lambda how: Cancel("pro", billing=how)),
}
every_change = pytest.mark.parametrize(
    ("intent", "plan_ids", "made"), CHANGES.values(), ids=[name.replace(" ", "-") for name in CHANGES]
)


def on_pro(*others: Plan, settings: LedgerSettings | None = None) -> Account:
    account = Account(PACKS, PREMIUM, EXTRA, FREE, *others, settings=settings)
    account.attach("pro", None, words=5)
    return account.wait(10)


def cost(made: Made, billing: Billing) -> int:
    return on_pro().preview(made(billing)).planned.total_minor


@every_change
def test_a_change_that_is_declined_is_on_record_as_what_it_was_meant_to_do(
    intent: str, plan_ids: tuple[str, ...], made: Made
) -> None:
    command = made(Billing(custom_lines=(FEE,)))
    account = on_pro().pays_with("pm_declined")
    before, key = account.customer, account.customer.next_id()
    assert account.bill(command) == 700
    assert [event for _, event in account.log][-3:] == [
        PaymentRequested(key, Gateway.SIMULATED, 700, "usd", None, "pm_declined"),
        PaymentFailed(key, 700, "usd", "card_declined"),
        ChangeAbandoned(key, intent, plan_ids),
    ]
    assert account.customer.subscriptions == before.subscriptions
    assert account.customer.account == before.account


@every_change
def test_a_preview_says_what_a_change_is_meant_to_do_whoever_pays(
    intent: str, plan_ids: tuple[str, ...], made: Made
) -> None:
    for account in (on_pro(), on_pro().pays_with("pm_declined")):
        account.do(_credit(1000))
        planned = account.preview(made(Billing(add_lines=(FEE,)))).planned
        assert (planned.intent, planned.currency, planned.plan_ids) == (intent, "usd", plan_ids)


def _credit(amount_minor: int) -> BillingChange:
    """A change that leaves credit behind."""
    return Revise("pro", billing=Billing(custom_lines=(CustomLine(-amount_minor, "sorry"),)), anchor_now=True)


@every_change
def test_a_change_in_invoice_mode_waits_for_its_money_as_long_as_was_said(
    intent: str, plan_ids: tuple[str, ...], made: Made
) -> None:
    mode = InvoiceMode(net_terms_days=9, enable_plan_immediately=True)
    account = on_pro().pays_with("pm_declined")
    assert account.bill(made(Billing(custom_lines=(FEE,), invoice_mode=mode))) == 700
    (*_, invoice) = account.customer.account.invoices.values()
    assert (invoice.status, invoice.due_at) == (InvoiceStatus.OPEN, account.now + timedelta(days=9))
    assert (invoice.origin, invoice.currency, invoice.created_at) == (Origin.CHANGE, "usd", account.now)
    assert not any(isinstance(event, PaymentRequested) for at, event in account.log if at == account.now)


@every_change
def test_lines_are_added_to_what_a_change_costs_or_take_their_place(
    intent: str, plan_ids: tuple[str, ...], made: Made
) -> None:
    assert cost(made, Billing(custom_lines=(FEE,))) == 700
    assert cost(made, Billing(add_lines=(FEE,))) == cost(made, Billing()) + 700


def test_credit_pays_before_the_payer_does() -> None:
    account = on_pro()
    account.bill(_credit(300))
    assert account.customer.account.credit_minor == 300
    account.pays_with("pm_declined")
    refused = account.do(Attach("extra", billing=Billing(custom_lines=(CustomLine(301, "more"),))))
    assert isinstance(refused[0], PaymentRequested)
    assert refused[0].amount_minor == 1
    paid = account.do(Attach("extra", billing=Billing(custom_lines=(CustomLine(300, "as much"),))))
    finalized = next(event for event in paid if isinstance(event, InvoiceFinalized))
    assert (finalized.credit_applied_minor, finalized.credit_added_minor) == (300, 0)
    assert account.customer.account.credit_minor == 0
    assert not any(isinstance(event, PaymentRequested) for event in paid)


def test_what_is_paid_is_paid_in_the_customers_currency_and_by_its_method() -> None:
    eur = LedgerSettings(currency="eur")
    offered = Plan("pro", 1, "Pro", START, currency="eur", base=PRO.base)
    account = Account(offered, settings=eur).pays_with("pm_card")
    events = account.do(Attach("pro"))
    asked = next(event for event in events if isinstance(event, PaymentRequested))
    paid = next(event for event in events if isinstance(event, PaymentSucceeded))
    (invoice_id,) = account.customer.account.invoices
    assert asked == PaymentRequested(asked.payment_id, Gateway.SIMULATED, 2000, "eur", invoice_id, "pm_card")
    assert paid == PaymentSucceeded(asked.payment_id, 2000, "eur", START, invoice_id)


@pytest.mark.parametrize(
    ("method", "outcome"), [("pm_declined", PaymentFailed), ("pm_needs_action", PaymentNeedsAction)]
)
def test_a_renewal_that_is_not_paid_leaves_its_invoice_open_and_says_why(
    method: str, outcome: type[PaymentFailed | PaymentNeedsAction]
) -> None:
    account = on_pro().pays_with(method).wait(40)
    (*_, invoice) = account.customer.account.invoices.values()
    answer = next(event for _, event in account.log if isinstance(event, outcome))
    asked = next(event for _, event in account.log if isinstance(event, PaymentRequested) and event.method == method)
    why = "card_declined" if outcome is PaymentFailed else "3ds_required"
    assert asked.invoice_id == invoice.invoice_id
    assert answer == outcome(asked.payment_id, 2500, "usd", why, invoice.invoice_id)
    assert (invoice.status, invoice.due_minor) == (InvoiceStatus.OPEN, 2500)
    assert account.subscription("pro").past_due == invoice.invoice_id


@pytest.mark.parametrize(
    ("events", "clause"),
    [
        (
            [PaymentFailed("1.0", 1999, "usd", "lost")],
            "The payment of 19.99 usd was declined (lost)",
        ),
        ([PaymentFailed("1.0", 500, "jpy", "expired")], "The payment of 500 jpy was declined (expired)"),
        (
            [PaymentRequested("1.0", "simulated", 5, "usd"), PaymentNeedsAction("1.0", 1234, "kwd", "3ds_required")],
            "The payment of 1.234 kwd waits for its payer (3ds_required)",
        ),
        ([PaymentRequested("1.0", "simulated", 5, "usd")], "The payment was not made"),
        ([], "The payment was not made"),
    ],
)
def test_how_a_payment_went_is_said_in_major_units(events: list[Event], clause: str) -> None:
    assert attempted(events) == clause


def test_a_manual_gateway_is_not_asked_and_nothing_is_past_due() -> None:
    account = on_pro(settings=LedgerSettings(gateway=Gateway.MANUAL)).pays_with("pm_declined").wait(40)
    made = [event for _, event in account.log if isinstance(event, InvoiceCreated)]
    assert len(made) == 2
    assert all(each.status is InvoiceStatus.OPEN for each in account.customer.account.invoices.values())
    assert not any(isinstance(event, PaymentRequested | PaymentFailed) for _, event in account.log)
    assert account.subscription("pro").past_due is None


def test_a_custom_line_is_its_callers_and_about_the_plan_that_comes() -> None:
    account = on_pro().entities("e1")
    span = (START, START + timedelta(days=3))
    lines = (CustomLine(700, "a fee", *span), CustomLine(-50, "sorry"), CustomLine(0, "nothing"))
    account.do(Attach("premium", entity_id="e1", billing=Billing(custom_lines=lines)))
    (*_, invoice) = account.customer.account.invoices.values()
    key = account.subscription("premium", "e1").subscription_id
    began = int(key.split(".", maxsplit=1)[0])
    about: dict[str, Any] = {
        "plan_id": "premium",
        "plan_name": "Premium",
        "subscription_id": key,
        "entity_id": "e1",
        "first_version": began,
        "last_version": began,
    }
    assert invoice.lines == (
        Line(LineKind.CUSTOM, 700, description="a fee", period_start=span[0], period_end=span[1], **about),
        Line(LineKind.CUSTOM, -50, description="sorry", credit=True, **about),
        Line(LineKind.CUSTOM, 0, description="nothing", **about),
    )
    assert invoice.entity_id == "e1"
