"""The caller's say in what a change costs: lines of their own, and discounts (reference §2.2, case 55)."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

import pytest
from msgspec.structs import replace

from ledger.core.errors import Refusal
from ledger.core.events import CreditNoteIssued, DiscountRemoved, Line
from ledger.core.invoices.documents import CreditedLine, IssueCreditNote
from ledger.core.subscriptions.billing import Billing, CustomLine, DiscountRef, FeatureLine, InvoiceMode, LineFilter
from ledger.core.subscriptions.cancellation import Cancel, When
from ledger.core.subscriptions.change import Attach
from ledger.core.subscriptions.several import AttachMany
from ledger.core.terms import Discount, FreeTrial
from tests.core.account import Account, bought
from tests.core.offers import DAY, FREE, MESSAGES, MONTH, PREMIUM, PRO, START, WORDS, YEAR, metered, plan, prepaid

FEBRUARY = datetime(2026, 2, 1, tzinfo=START.tzinfo)
HALF = Discount("half", "Half price", percent=Decimal(50), promotion_codes=("HALF",))
FIVE = Discount("five", "5 off", amount_minor=500, currency="usd")


def offering_discounts(account: Account, *discounts: Discount) -> Account:
    account.catalog = replace(account.catalog, discounts={each.discount_id: each for each in discounts})
    return account


def custom(*amounts: int) -> tuple[CustomLine, ...]:
    return tuple(CustomLine(amount, f"line {amount}") for amount in amounts)


def with_discount(*ids: str, **also: object) -> Billing:
    return Billing(discounts=tuple(DiscountRef(each) for each in ids), **also)  # type: ignore[arg-type]  # fields of Billing


def on_pro(*discounts: Discount) -> Account:
    account = offering_discounts(Account(PRO, PREMIUM, FREE), *discounts)
    account.attach("pro")
    return account


def amounts(lines: Sequence[Line]) -> list[int]:
    return [line.amount_minor for line in lines]


# --- lines of the caller's own --------------------------------------------------------------------------------


@pytest.mark.parametrize("lines", [(1500, 500), (1000, 350), (4200,), (-300,)])
def test_lines_of_the_callers_own_replace_those_of_the_change(lines: tuple[int, ...]) -> None:
    account = on_pro()
    assert account.bill(Attach("premium", billing=Billing(custom_lines=custom(*lines)))) == sum(lines)
    assert account.invoiced() == [2000, sum(lines)]
    *_, invoice = account.customer.account.invoices.values()
    assert [(line.amount_minor, line.description, line.plan_id) for line in invoice.lines] == [
        (amount, f"line {amount}", "premium") for amount in lines
    ]
    assert account.plans() == {"premium": "active"}


def test_lines_that_come_to_nothing_make_no_invoice() -> None:
    account = on_pro()
    assert account.bill(Attach("premium", billing=Billing(custom_lines=custom(1500, -1500)))) == 0
    assert account.invoiced() == [2000]
    assert account.plans() == {"premium": "active"}


def test_a_discount_counts_on_lines_of_the_callers_own() -> None:
    account = on_pro(FIVE)
    billing = with_discount("five", custom_lines=custom(1500, 500))
    assert account.bill(Attach("premium", billing=billing)) == 1500
    *_, invoice = account.customer.account.invoices.values()
    assert amounts(invoice.lines) == [1125, 375]


def test_lines_may_be_added_and_left_out() -> None:
    account = on_pro()
    billing = Billing(add_lines=custom(700), remove_lines=(LineFilter("pro", credit=True),))
    assert account.bill(Attach("premium", billing=billing)) == 5700


def test_lines_are_left_out_by_what_they_are_for() -> None:
    offered = plan("pro", 20, prepaid(MESSAGES, 0, 1000), prepaid(WORDS, 0, 300, every=YEAR))

    def owed(which: LineFilter) -> int:
        attach = Attach("pro", quantities=bought(messages=100, words=100), billing=Billing(remove_lines=(which,)))
        return Account(offered).bill(attach)

    assert owed(LineFilter("pro")) == 0
    assert owed(LineFilter("pro", base=True)) == 1300
    assert owed(LineFilter("pro", base=True, base_every=MONTH)) == 1300
    assert owed(LineFilter("pro", features=(FeatureLine("messages", prepaid=True),))) == 2300
    assert owed(LineFilter("pro", features=(FeatureLine("words", prepaid=True, every=YEAR),))) == 3000
    assert owed(LineFilter("pro", base=True, features=(FeatureLine("words", prepaid=True),))) == 1000
    for nothing in (
        LineFilter("premium"),
        LineFilter("pro", entity_id="e1"),
        LineFilter("pro", credit=True),
        LineFilter("pro", base=True, base_every=YEAR),
        LineFilter("pro", features=(FeatureLine("words", prepaid=False),)),
        LineFilter("pro", features=(FeatureLine("words", prepaid=True, every=MONTH),)),
    ):
        with pytest.raises(Refusal, match=r"remove_lines\.0 matches no line"):
            owed(nothing)


def test_nothing_is_billed_where_the_caller_says_so() -> None:
    account = Account(PRO, PREMIUM)
    assert account.bill(Attach("pro", billing=Billing(no_billing_changes=True))) == 0
    assert account.invoiced() == []
    assert account.plans() == {"pro": "active"}


PERIOD = (START, FEBRUARY)


@pytest.mark.parametrize(
    ("billing", "sentence"),
    [
        (Billing(custom_lines=()), "was empty"),
        (Billing(custom_lines=custom(1), add_lines=custom(1)), "replace every line"),
        (Billing(custom_lines=custom(1), remove_lines=(LineFilter("pro"),)), "replace every line"),
        (Billing(no_billing_changes=True, add_lines=custom(1)), "bills nothing"),
        (Billing(no_billing_changes=True, invoice_mode=InvoiceMode(enable_plan_immediately=True)), "bills nothing"),
        (with_discount("half", no_billing_changes=True), "bills nothing"),
        (Billing(add_lines=(CustomLine(1, "x", START),)), "belong together"),
        (Billing(add_lines=(CustomLine(1, "x", FEBRUARY, START),)), "period_end must be after"),
    ],
)
def test_wishes_that_contradict_each_other_are_refused(billing: Billing, sentence: str) -> None:
    account = offering_discounts(Account(PRO), HALF)
    with pytest.raises(Refusal, match=sentence):
        account.do(Attach("pro", billing=billing))
    assert not account.plans()


def test_lines_cannot_be_changed_of_what_happens_later() -> None:
    account = Account(PRO, PREMIUM)
    account.attach("premium")
    for billing in (Billing(custom_lines=custom(1)), Billing(add_lines=custom(1))):
        with pytest.raises(Refusal, match="happens now"):
            account.do(Attach("pro", billing=billing))


# --- discounts ------------------------------------------------------------------------------------------------


def test_a_percentage_counts_on_every_invoice() -> None:
    account = offering_discounts(Account(PRO), HALF)
    assert account.bill(Attach("pro", billing=with_discount("half"))) == 1000
    account.wait_until(FEBRUARY)
    assert account.invoiced() == [1000, 1000]
    first, *_ = account.customer.account.invoices.values()
    assert [[each.discount_id, each.amount_minor, each.percent] for each in first.lines[0].discounts] == [
        ["half", 1000, 50]
    ]


def test_a_promotion_code_names_a_discount_however_it_is_typed() -> None:
    account = offering_discounts(Account(PRO), HALF)
    assert account.bill(Attach("pro", billing=Billing(discounts=(DiscountRef(None, " half"),)))) == 1000


def test_a_discount_for_one_invoice_is_gone_after_it() -> None:
    account = offering_discounts(Account(PRO), replace(HALF, once=True))
    account.bill(Attach("pro", billing=with_discount("half")))
    key = account.subscription("pro").subscription_id
    assert DiscountRemoved(key, "half") in [event for _, event in account.log]
    account.wait_until(FEBRUARY)
    assert account.invoiced() == [1000, 2000]


def test_a_discount_for_one_invoice_waits_out_a_trial() -> None:
    offered = replace(PRO, free_trial=FreeTrial(replace(DAY, count=7)))
    account = offering_discounts(Account(offered), replace(HALF, once=True))
    account.bill(Attach("pro", billing=with_discount("half")))
    account.wait(40)
    assert account.invoiced() == [0, 1000, 2000]


def test_a_discount_for_months_ends_after_them() -> None:
    account = offering_discounts(Account(PRO), replace(HALF, months=3))
    account.bill(Attach("pro", billing=with_discount("half")))
    account.wait_until(datetime(2026, 4, 1, tzinfo=START.tzinfo))
    assert account.invoiced() == [1000, 1000, 1000, 2000]


def test_an_amount_is_spread_over_the_charges_to_the_cent() -> None:
    offered = plan("pro", 10, prepaid(MESSAGES, 0, 1000), prepaid(WORDS, 0, 1000))
    account = offering_discounts(Account(offered), FIVE)
    attach = Attach("pro", quantities=bought(messages=100, words=100), billing=with_discount("five"))
    assert amounts(account.preview(attach).planned.lines) == [833, 833, 834]
    assert account.bill(attach) == 2500


def test_an_amount_takes_no_more_than_is_charged() -> None:
    account = offering_discounts(Account(plan("pro", 3)), FIVE)
    assert account.bill(Attach("pro", billing=with_discount("five"))) == 0
    account.wait_until(FEBRUARY)
    assert account.invoiced() == [0, 0]


def test_an_amount_counts_once_on_an_invoice_for_several_plans() -> None:
    plans = (Attach("pro"), Attach("extra"))
    account = offering_discounts(Account(PRO, plan("extra", 20, add_on=True)), FIVE)
    assert account.bill(AttachMany(plans, with_discount("five"))) == 3500


def test_discounts_add_up_one_after_the_other() -> None:
    account = offering_discounts(Account(PRO), HALF, FIVE)
    assert account.bill(Attach("pro", billing=with_discount("half", "five"))) == 500


def test_what_was_charged_with_a_discount_is_given_back_with_it() -> None:
    account = offering_discounts(Account(PRO), HALF)
    account.bill(Attach("pro", billing=with_discount("half")))
    assert account.bill(Cancel("pro", when=When.NOW)) == -1000


@pytest.mark.parametrize("discount", [FIVE, replace(FIVE, once=True), replace(HALF, once=True, percent=Decimal(25))])
def test_whatever_took_it_off_only_what_was_charged_is_given_back(discount: Discount) -> None:
    account = offering_discounts(Account(PRO), discount)
    account.bill(Attach("pro", billing=with_discount(discount.discount_id)))
    account.wait(15.5)
    assert account.bill(Cancel("pro", when=When.NOW)) == -750


def test_time_that_was_free_by_a_discount_gives_nothing_back() -> None:
    account = offering_discounts(Account(PRO), replace(HALF, percent=Decimal(100)))
    account.bill(Attach("pro", billing=with_discount("half")))
    account.wait(15.5)
    assert account.bill(Cancel("pro", when=When.NOW)) == 0


def test_a_credit_shows_every_discount_that_it_does_not_give_back() -> None:
    account = offering_discounts(Account(PRO), HALF, FIVE)
    account.bill(Attach("pro", billing=with_discount("half", "five")))
    account.wait(15.5)
    (credit,) = account.preview(Cancel("pro", when=When.NOW)).planned.lines
    assert (credit.amount_minor, credit.before_discounts_minor) == (-250, -1000)
    assert [(each.discount_id, each.amount_minor) for each in credit.discounts] == [("half", -500), ("five", -250)]


def test_a_credit_note_for_a_discounted_line_takes_its_share_of_the_discount_back_too() -> None:
    account = offering_discounts(Account(PRO), HALF)
    account.bill(Attach("pro", billing=with_discount("half")))
    (invoice_id,) = account.customer.account.invoices
    (note,) = account.do(IssueCreditNote(invoice_id, lines=(CreditedLine(0, 800),)))
    assert isinstance(note, CreditNoteIssued)
    (line,) = note.lines
    assert (line.amount_minor, line.before_discounts_minor, line.credit) == (-400, -800, True)
    assert [(each.name, each.amount_minor) for each in line.discounts] == [("Half price", -400)]


def test_a_discount_that_came_later_is_not_taken_off_what_is_given_back() -> None:
    account = on_pro(HALF)
    account.wait_until(FEBRUARY)
    assert account.bill(Attach("premium", billing=with_discount("half"))) == 2500 - 2000


def test_usage_is_discounted_too() -> None:
    account = offering_discounts(Account(plan("pro", 0, metered(MESSAGES, 0, 10))), HALF)
    account.bill(Attach("pro", billing=with_discount("half")))
    account.track("messages", 100)
    account.wait_until(FEBRUARY)
    assert account.invoiced() == [500]


def test_a_discount_passes_on_to_the_next_plan() -> None:
    account = offering_discounts(Account(PRO, PREMIUM), HALF)
    account.bill(Attach("pro", billing=with_discount("half")))
    assert account.attach("premium") == 2500 - 1000
    assert [each.discount_id for each in account.subscription("premium").discounts] == ["half"]


def test_a_discount_of_other_plans_does_not_pass_on() -> None:
    account = offering_discounts(Account(PRO, PREMIUM), replace(HALF, plan_ids=("pro",)))
    account.bill(Attach("pro", billing=with_discount("half")))
    assert account.attach("premium") == 5000 - 1000


def test_a_discount_may_be_left_behind() -> None:
    account = offering_discounts(Account(PRO, PREMIUM), HALF)
    account.bill(Attach("pro", billing=with_discount("half")))
    assert account.bill(Attach("premium", billing=Billing(remove_discounts=("half",)))) == 5000 - 1000
    assert account.subscription("premium").discounts == ()


def test_a_scheduled_plan_has_its_discount_from_the_start() -> None:
    account = offering_discounts(Account(PRO, PREMIUM), replace(HALF, once=True))
    account.attach("premium")
    account.bill(Attach("pro", billing=with_discount("half")))
    account.wait_until(datetime(2026, 3, 1, tzinfo=START.tzinfo))
    assert account.invoiced() == [5000, 1000, 2000]


@pytest.mark.parametrize(
    ("refs", "code", "sentence"),
    [
        (DiscountRef(), "invalid_inputs", "discounts.0 must name one of"),
        (DiscountRef("half", "HALF"), "invalid_inputs", "discounts.0 must name one of"),
        (DiscountRef("third"), "reward_not_found", "the id third"),
        (DiscountRef(None, "THIRD"), "reward_not_found", "the promotion code THIRD"),
        (DiscountRef("premium"), "invalid_request", "is not for plan pro"),
        (DiscountRef("euros"), "invalid_request", "an amount in eur"),
    ],
)
def test_a_discount_that_cannot_count_is_refused(refs: DiscountRef, code: str, sentence: str) -> None:
    others = (
        replace(HALF, discount_id="premium", plan_ids=("premium",)),
        replace(FIVE, discount_id="euros", currency="eur"),
    )
    account = offering_discounts(Account(PRO), HALF, *others)
    with pytest.raises(Refusal, match=sentence) as refused:
        account.do(Attach("pro", billing=Billing(discounts=(refs,))))
    assert refused.value.code == code


def test_a_discount_that_is_not_there_cannot_be_removed() -> None:
    with pytest.raises(Refusal, match="no discount half"):
        on_pro().do(Attach("premium", billing=Billing(remove_discounts=("half",))))
