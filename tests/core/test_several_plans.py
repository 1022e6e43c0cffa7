"""Several plans in one change."""

from datetime import datetime, timedelta

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from ledger.core.errors import Refusal
from ledger.core.subscriptions.billing import Billing
from ledger.core.subscriptions.change import Attach
from ledger.core.subscriptions.several import AttachMany
from ledger.core.terms import BasePrice
from tests.core.account import Account
from tests.core.extras import EXTRA, FEBRUARY, MID, NONE, WEEK, shop
from tests.core.offers import (
    MONTH,
    ONCE,
    PRO,
    START,
    WORDS,
    included,
    plan,
)


def test_several_plans_are_attached_with_one_invoice() -> None:
    account = shop()
    assert account.bill(AttachMany((Attach("pro"), Attach("extra"), Attach("other")))) == 7000
    assert account.plans() == {"pro": "active", "extra": "active", "other": "active"}
    assert account.invoiced() == [7000]


def test_a_trial_and_a_price_are_on_one_invoice() -> None:
    account = shop()
    assert account.bill(AttachMany((Attach("pro", free_trial=WEEK), Attach("extra")))) == 2000
    assert account.invoiced() == [2000]


def test_the_whole_decides_how_it_is_billed() -> None:
    account = shop()
    account.attach("pro")
    parts = (Attach("premium"), Attach("extra", billing=Billing(NONE)))
    assert account.bill(AttachMany(parts)) == 3000 + 2000


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (AttachMany(()), "at least one plan"),
        (AttachMany((Attach("pro"), Attach("ghost"))), "ghost does not exist"),
        (AttachMany((Attach("pro"), Attach("pro"))), "attached here already"),
    ],
)
def test_all_or_none_are_attached(command: AttachMany, sentence: str) -> None:
    account = shop()
    with pytest.raises(Refusal, match=sentence):
        account.do(command)
    assert account.plans() == {}


@pytest.mark.parametrize(
    ("part", "anchor"),
    [
        (Attach("premium", anchor_now=True), MID),
        (Attach("premium", anchor_now=True, free_trial=None), MID),
        (Attach("premium"), START),
        (Attach("premium", anchor_now=True, free_trial=WEEK), MID + timedelta(days=7)),
        (Attach("premium", anchor_now=True, starts_at=FEBRUARY), FEBRUARY),
    ],
)
def test_an_anchor_for_all_parts_is_for_those_whose_cycle_can_begin_now(part: Attach, anchor: datetime) -> None:
    account = shop()
    account.attach("extra")
    account.wait_until(MID)
    account.bill(AttachMany((part,)))
    assert account.subscription("premium").anchor == anchor


def test_a_plans_own_trial_is_no_cycle_to_begin_now_unless_it_is_skipped() -> None:
    tried = replace(PRO, free_trial=WEEK)
    for trial, anchor in ((UNSET, MID + timedelta(days=7)), (None, MID)):
        account = Account(tried)
        account.wait_until(MID)
        account.bill(AttachMany((Attach("pro", free_trial=trial, anchor_now=True),)))
        assert account.subscription("pro").anchor == anchor


def test_something_bought_once_among_plans_has_no_cycle_to_begin() -> None:
    account = Account(PRO, plan("pack", 5, every=ONCE))
    account.bill(AttachMany((Attach("pro", anchor_now=True), Attach("pack", anchor_now=True))))
    assert account.invoiced() == [2500]


def test_a_part_is_of_the_version_that_was_named() -> None:
    account = Account(PRO, replace(PRO, version=2, base=BasePrice(9_000, MONTH), free_trial=WEEK))
    assert account.bill(AttachMany((Attach("pro", 1, anchor_now=True),))) == 2_000
    assert account.subscription("pro").plan.version == 1


def test_whether_one_of_several_plans_begins_its_cycle_now_is_asked_of_the_version_that_is_named() -> None:
    account = Account(PRO, EXTRA, replace(EXTRA, version=2, free_trial=WEEK))
    account.attach("pro")
    account.wait(9)
    account.bill(AttachMany((Attach("extra", 1, anchor_now=True),)))
    assert account.subscription("extra").anchor == account.now


def test_several_plans_give_way_to_one() -> None:
    account = Account(PRO, EXTRA, plan("spare", 5, included(WORDS, 5), add_on=True))
    account.attach("extra")
    account.attach("spare")
    account.bill(Attach("pro", remove_plan_ids=("extra", "spare")))
    assert account.plans() == {"pro": "active"}
