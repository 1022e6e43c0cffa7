"""Attaches of every kind in any order: each is refused, or does exactly what its preview said."""

from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET
from msgspec.structs import replace

from ledger.core.decider import Command
from ledger.core.errors import Refusal
from ledger.core.events import InvoiceCreated
from ledger.core.invoices.documents import PayInvoice
from ledger.core.period import Every, Interval
from ledger.core.subscriptions.billing import (
    Billing,
    Carry,
    CustomLine,
    DiscountRef,
    InvoiceMode,
    LineFilter,
    ProrationBehavior,
)
from ledger.core.subscriptions.cancellation import Cancel, Uncancel, When
from ledger.core.subscriptions.change import Attach, Schedule
from ledger.core.subscriptions.customising import Customize
from ledger.core.subscriptions.phases import CreateSchedule, Phase
from ledger.core.subscriptions.several import AttachMany
from ledger.core.terms import BasePrice, Discount, FreeTrial, OnTrialEnd, Rollover
from tests.core.account import Account, bought
from tests.core.offers import (
    MESSAGES,
    MONTH,
    ONCE,
    START,
    USERS,
    WORDS,
    YEAR,
    included,
    metered,
    plan,
    prepaid,
    units,
)

WEEK = FreeTrial(Every(Interval.WEEK))
ROLLING = replace(included(MESSAGES, 100), rollover=Rollover(units(150), months=1))
PLANS = (
    plan("free", 0, ROLLING, included(USERS, 2)),
    plan("pro", 20, replace(ROLLING, included=units(500)), metered(USERS, 2, 1000)),
    plan("used", 30, metered(MESSAGES, 100, 10), prepaid(WORDS, 0, 500)),
    plan("year", 200, included(MESSAGES, 500), every=YEAR),
    replace(plan("trial", 50, included(MESSAGES, 900)), free_trial=WEEK),
    replace(plan("back", 60, included(WORDS, 9)), free_trial=replace(WEEK, on_end=OnTrialEnd.REVERT)),
    plan("extra", 7, included(WORDS, 10), add_on=True),
    plan("once", 5, replace(prepaid(WORDS, 0, 300, every=ONCE), expiry=MONTH), every=ONCE),
    plan("other", 11, included(WORDS, 3), group="other"),
)
DISCOUNTS = {
    each.discount_id: each
    for each in (
        Discount("third", "A third", percent=Decimal("33.3")),
        Discount("five", "Five", amount_minor=501, currency="usd", once=True),
    )
}
NAMES = st.sampled_from([each.plan_id for each in PLANS])
DAYS = st.integers(-40, 80).map(lambda days: START + timedelta(days=days, hours=5))


def maybe(values: st.SearchStrategy[Any], nothing: Any = None) -> st.SearchStrategy[Any]:
    """Mostly nothing."""
    return st.one_of(st.just(nothing), st.just(nothing), st.just(nothing), values)


BILLINGS = st.builds(
    Billing,
    proration=maybe(st.sampled_from(ProrationBehavior), ProrationBehavior.PRORATE_IMMEDIATELY),
    custom_lines=maybe(st.just((CustomLine(700, "own"), CustomLine(-200, "less")))),
    add_lines=maybe(st.just((CustomLine(-77, "added"),)), ()),
    remove_lines=maybe(st.builds(LineFilter, NAMES).map(lambda each: (each,)), ()),
    no_billing_changes=maybe(st.just(True), nothing=False),
    invoice_mode=maybe(st.builds(InvoiceMode, enable_plan_immediately=st.booleans())),
    discounts=maybe(st.sampled_from(["third", "five"]).map(lambda name: (DiscountRef(name),)), ()),
)
ATTACHES = st.builds(
    Attach,
    NAMES,
    entity_id=maybe(st.sampled_from(["e1", "e2"])),
    quantities=maybe(st.just(bought(words=250)), ()),
    schedule=maybe(st.sampled_from(Schedule)),
    customize=maybe(st.just(Customize(price=BasePrice(3333, MONTH), add_items=(included(WORDS, 1),)))),
    free_trial=maybe(st.sampled_from([None, WEEK]), UNSET),
    starts_at=maybe(DAYS),
    ends_at=maybe(DAYS),
    anchor_now=maybe(st.just(True), nothing=False),
    anchor_at=maybe(DAYS),
    carry_balances=maybe(st.just(Carry())),
    carry_usages=maybe(st.just(Carry(("messages",)))),
    remove_plan_ids=maybe(NAMES.map(lambda name: (name,)), ()),
    new_billing_subscription=maybe(st.booleans()),
    billing=BILLINGS,
)
PLAIN = st.builds(Attach, NAMES)
COMMANDS: st.SearchStrategy[Command] = st.one_of(
    PLAIN,
    ATTACHES,
    ATTACHES,
    st.integers(1, 60).map(lambda version: PayInvoice(f"{version}.0")),
    st.builds(Cancel, NAMES, when=st.sampled_from(When)),
    st.builds(Uncancel, NAMES),
    st.builds(AttachMany, st.lists(PLAIN, min_size=1, max_size=3).map(tuple), BILLINGS),
    st.builds(
        lambda first, second, days: CreateSchedule((Phase((first,)), Phase((second,), START + timedelta(days=days)))),
        PLAIN,
        PLAIN,
        st.integers(0, 90),
    ),
)
STEPS = st.lists(st.tuples(st.floats(0, 35), COMMANDS, st.integers(0, 140)), min_size=1, max_size=8)


def pay(account: Account, command: PayInvoice) -> None:
    """Pay an invoice, if there is one of this id that is open."""
    with suppress(Refusal):
        account.do(command)


@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_whatever_is_attached_does_what_its_preview_said(steps: list[tuple[float, Any, int]]) -> None:
    account = Account(*PLANS).entities("e1", "e2")
    account.catalog = replace(account.catalog, discounts=DISCOUNTS)
    for days, command, used in steps:
        account.wait(days)
        if isinstance(command, PayInvoice):
            pay(account, command)
            continue
        before = account.customer
        try:
            quote = account.preview(command)
        except Refusal:
            assert account.customer == before
            continue
        events = account.do(command)
        assert list(quote.planned.events) == events
        made = [event for event in events if isinstance(event, InvoiceCreated)]
        assert [list(each.lines) for each in made] == ([list(quote.planned.lines)] if quote.planned.lines else [])
        if used:
            account.track("messages", used)
    account.wait(100)
    for invoice in account.customer.account.invoices.values():
        assert all(line.amount_minor * line.before_discounts_minor >= 0 for line in invoice.lines)
    for subscription in account.customer.subscriptions.values():
        assert subscription.expires_at is None or subscription.expires_at > account.now
