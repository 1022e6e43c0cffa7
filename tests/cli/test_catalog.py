"""`tallystick catalog`: plans as a file that people edit, pulled, pushed and refused."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from api.catalog.pushed import Push, catalog_file
from api.catalog.text import read
from ledger.core.decider import CATALOG_STREAM, Command, Context
from ledger.core.errors import Refusal
from ledger.core.offers.catalog import Catalog
from ledger.core.settings import LedgerSettings
from tests.cli.program import refused, report, run

SHOP = """\
features:
  - feature_id: credits
    name: Credits
    type: credit_system
    credit_schema:
      - {metered_feature_id: actions, credit_cost: 0.2}
      - {metered_feature_id: pages, tiers: [{to: 100, credit_cost: 1}, {to: inf, credit_cost: 0.5}]}
  - {feature_id: actions, name: Actions, type: metered, consumable: true, event_names: [action.done]}
  - {feature_id: pages, name: Pages, type: metered}
  - {feature_id: seats, name: Seats, type: metered, consumable: false, display: {singular: seat, plural: seats}}
  - {feature_id: sso, name: Single sign-on, type: boolean}
plans:
  - plan_id: pro
    name: Pro
    description: |-
      For teams
      of any size
    group: main
    price: {amount: 19.99, interval: month, additional_currencies: [{currency: eur, amount: 18}]}
    free_trial: {duration_length: 14, duration_type: day, card_required: true}
    config: {ignore_past_due: true}
    metadata: {rank: 2, badge: null}
    billing_controls:
      usage_limits: [{feature_id: actions, limit: 5000, interval: day}]
      spend_limits: [{feature_id: credits, enabled: true, overage_limit: 20}]
    items:
      - {feature_id: actions, included: 100, reset: {interval: month}, rollover: {max: 50, expiry_duration_type: month}}
      - feature_id: actions
        price:
          interval: month
          billing_method: usage_based
          tiers: [{to: 500, amount: 0.015}, {to: inf, amount: 0.01}]
      - feature_id: seats
        included: 3
        price: {interval: month, billing_method: prepaid, amount: 10}
        proration: {on_increase: bill_immediately, on_decrease: none}
      - feature_id: credits
        price: {interval: one_off, billing_method: prepaid, amount: 5, billing_units: 50}
        expiry: {duration: month, length: 6}
      - {feature_id: sso}
  - {plan_id: free, name: Free, auto_enable: true, group: main}
discounts:
  - reward_id: tenth
    name: A tenth off
    type: percentage_discount
    discount_value: 10
    duration_type: months
    duration_value: 3
    promotion_codes: [SPRING, TEN]
  - {reward_id: five, name: Five off, type: fixed_discount, discount_value: 5, duration_type: one_off, plan_ids: [pro]}
"""


DRAWS_ON_NOTHING = """\
features:
  - feature_id: c
    name: C
    type: credit_system
    credit_schema: [{metered_feature_id: nothing, credit_cost: 1}]
"""


@pytest.fixture
def place(blank_database_url: str) -> tuple[str, str]:
    """Where the commands work: a database with one ledger that has no catalog yet."""
    run("ledgers", "create", "main", "--database-url", blank_database_url)
    return "--database-url", blank_database_url


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A catalog file."""
    file = tmp_path / "plans.yaml"
    file.write_text(SHOP)
    return file


def context(_command: Command) -> Context:
    """What a decision on an empty catalog looks at."""
    return Context(datetime(2026, 1, 1, tzinfo=UTC), Catalog(), LedgerSettings(), CATALOG_STREAM)


def changed(*arguments: str | Path) -> list[tuple[str, str, str, str]]:
    """What a push said it changed."""
    return [tuple(row.values()) for row in report("catalog", "push", *arguments)]


def test_a_file_is_pushed_pulled_and_pushed_again_without_a_change(
    place: tuple[str, str], shop: Path, tmp_path: Path
) -> None:
    new = [(what, id_) for what, id_, change, _ in changed(shop, "--dry-run", *place) if change == "new"]
    assert new == [
        *(("feature", each) for each in ("actions", "pages", "seats", "sso", "credits")),
        ("plan", "pro"),
        ("plan", "free"),
        ("discount", "tenth"),
        ("discount", "five"),
    ]
    assert report("catalog", "pull", tmp_path / "nothing.yaml", *place)[0]["plans"] == 0
    assert len(changed(shop, "--reason", "Opening", *place)) == len(new)
    assert changed(shop, *place) == []
    pulled = tmp_path / "pulled.yaml"
    assert report("catalog", "pull", pulled, *place) == [
        {"ledger": "main", "file": str(pulled), "features": 5, "plans": 2, "discounts": 2}
    ]
    assert changed(pulled, *place) == []
    said = pulled.read_text()
    assert ("amount: 19.99" in said, "credit_cost: 0.2" in said, "on_decrease: none" in said) == (True, True, True)
    run("ledgers", "create", "copy", *place)
    assert len(changed(pulled, "--ledger", "copy", *place)) == len(new)
    first, copy = (run("catalog", "pull", "-", "--ledger", each, *place).stdout for each in ("main", "copy"))
    assert first == copy == said


def test_a_push_says_what_it_changes_and_leaves_what_it_does_not_name(
    place: tuple[str, str], shop: Path, tmp_path: Path
) -> None:
    changed(shop, *place)
    edited = tmp_path / "edited.yaml"
    edited.write_text("plans:\n  - {plan_id: free, name: Free of charge, group: main}\n")
    assert changed(edited, *place) == [("plan", "free", "changed", "name, auto_enable")]
    assert json.loads(run("catalog", "pull", "-", "--json", *place).stdout)["features"]
    assert run("catalog", "push", edited, *place).stdout == "nothing to change\n"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "one or more of the sections features, plans, discounts"),
        ("- a", "one or more of the sections"),
        ("planes: []", "planes is no section"),
        ("plans: {}", "plans must be a list"),
        ("plans: [{plan_id: a", "not YAML"),
        ("plans: [{plan_id: a, plan_id: b}]", "plan_id is there twice"),
        ("plans: &a [*a]", "alias"),
        ("plans: [{plan_id: a}]", "plans.0.name was not sent"),
        ("plans: [{plan_id: a, name: A}, {plan_id: a, name: A}]", "plans.1: plan_id a is there twice"),
        ("plans: [{plan_id: a, name: A, price: {amount: 1.005, interval: month}}]", "plans.0 .a.: price.amount"),
        ("plans: [{plan_id: a, name: A, price: {amount: lots, interval: month}}]", "plans.0.price.amount"),
        ("plans: [{plan_id: a, name: A, items: [{feature_id: nothing}]}]", "nothing"),
        ("plans: [{plan_id: a, name: A, licenses: [1]}]", "plans.0: licenses"),
        ("discounts: [{reward_id: a, name: A, type: percentage_discount, discount_value: 101, duration_type: forever}]",
         "at most 100"),
        ("discounts: [{reward_id: a, name: A, type: fixed_discount, discount_value: 1, duration_type: months}]",
         "duration_value must be sent"),
        (DRAWS_ON_NOTHING, "Feature nothing"),
    ],
)  # fmt: skip
def test_a_bad_file_is_one_sentence_that_names_the_place(text: str, sentence: str) -> None:
    def pushed() -> None:
        Push(Catalog(), context).take(catalog_file(read(text), "usd"))

    with pytest.raises(Refusal, match=sentence):
        pushed()


def test_a_refused_push_changes_nothing(place: tuple[str, str], tmp_path: Path) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text("features: [{feature_id: good, name: Good, type: boolean}]\nplans: [{plan_id: a}]")
    assert "plans.0.name was not sent" in refused("catalog", "push", file, *place)
    file.write_text("features: [{feature_id: good, name: Good, type: boolean}]\n"
                    "plans: [{plan_id: a, name: A, items: [{feature_id: nothing}]}]")  # fmt: skip
    assert "nothing" in refused("catalog", "push", file, *place)
    assert json.loads(run("catalog", "pull", "-", "--json", *place).stdout)["features"] == []


def test_a_file_that_is_not_there_or_not_text_is_one_sentence(place: tuple[str, str], tmp_path: Path) -> None:
    assert "No such file" in refused("catalog", "push", tmp_path / "none.yaml", *place)
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe\x00")
    assert "UTF-8" in refused("catalog", "push", tmp_path / "bytes.yaml", *place)
