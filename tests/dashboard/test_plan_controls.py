"""The billing controls of a plan in its form: added, changed, taken away, and what is wrong beside its field."""

from typing import Any

import pytest

from tests.api.client import Api
from tests.dashboard.conftest import Browser
from tests.dashboard.offered import MONTH, admin, fields, form_of

__all__ = ["admin"]
LIMIT = "billing_controls.usage_limits.0"


@pytest.fixture
def team(api: Api, admin: Browser) -> Browser:
    """An admin's browser, and a plan that nobody is on."""
    limits = {"usage_limits": [{"feature_id": "messages", "limit": 100, "interval": "day"}]}
    api("plans.create", plan_id="team", name="Team", price={"amount": 5, **MONTH}, billing_controls=limits)
    admin.get("/plans/team/edit")
    return admin


def controls(api: Api) -> Any:
    return api("plans.get", plan_id="team").get("billing_controls")


def save(browser: Browser, sent: dict[str, str]) -> int:
    assert browser.post("/plans/team/edit", form_of(browser, **sent)).status_code == 200
    return browser.post("/plans/team/edit", form_of(browser, **sent, confirm="1")).status_code


def test_a_control_is_changed_and_the_preview_says_how(team: Browser, api: Api) -> None:
    sent = {**fields(api, "team"), f"{LIMIT}.limit": "1,500", f"{LIMIT}.interval": "week", f"{LIMIT}.filter": "a=b"}
    assert team.post("/plans/team/edit", form_of(team, **sent)).status_code == 200
    assert "at most 100 a day" in team.text
    assert "at most 1,500 a week, only a = b" in team.text
    assert save(team, sent) == 303
    (kept,) = controls(api)["usage_limits"]
    assert (kept["limit"], kept["interval"], kept["filter"]) == (1500, "week", {"properties": {"a": "b"}})


def test_a_row_of_each_kind_is_added_and_filled_in(team: Browser, api: Api) -> None:
    sent = fields(api, "team")
    for kind in ("spend_limits", "usage_alerts", "auto_topups", "overage_allowed"):
        assert team.post("/plans/team/edit", form_of(team, **sent, add=f"billing_controls.{kind}")).status_code == 200
        assert f'name="billing_controls.{kind}.0.feature_id"' in team.text
        on = team.text.partition(f'name="billing_controls.{kind}.0.enabled"')[2].partition("</select>")[0]
        assert '<option value="1" selected>' in on
    topup = "billing_controls.auto_topups.0"
    more = {f"{topup}.feature_id": "messages", f"{topup}.threshold": "5", f"{topup}.quantity": "50",
            f"{topup}.purchase_limit.limit": "2", f"{topup}.purchase_limit.interval": "week",
            f"{topup}.enabled": "1", f"{topup}.row": "1"}  # fmt: skip
    assert save(team, {**sent, **more}) == 303
    found = controls(api)
    assert (found["auto_topups"][0]["quantity"], found["auto_topups"][0]["purchase_limit"]["limit"]) == (50, 2)
    assert found["usage_limits"][0]["limit"] == 100


def test_a_control_is_taken_away(team: Browser, api: Api) -> None:
    sent = fields(api, "team")
    assert team.post("/plans/team/edit", form_of(team, **sent, remove=LIMIT)).status_code == 200
    assert f'name="{LIMIT}.limit"' not in team.text
    without = {name: each for name, each in sent.items() if not name.startswith("billing_controls")}
    assert save(team, without) == 303
    assert not controls(api)


@pytest.mark.parametrize(
    ("sent", "field", "sentence"),
    [
        ({f"{LIMIT}.limit": "many"}, "limit", '"many" (text)'),
        ({f"{LIMIT}.limit": ""}, "limit", "was not sent"),
        ({f"{LIMIT}.limit": "-1"}, "limit", "at least 0"),
        ({f"{LIMIT}.interval": "eon"}, "interval", "must be one of"),
        ({f"{LIMIT}.feature_id": ""}, "feature", "was not sent"),
        ({f"{LIMIT}.filter": "<b>eu</b>"}, "properties", "eu</b>"),
    ],
)
def test_what_is_wrong_with_a_control_is_told_beside_its_field(
    team: Browser, api: Api, sent: dict[str, str], field: str, sentence: str
) -> None:
    head = api.head()
    assert team.post("/plans/team/edit", form_of(team, **{**fields(api, "team"), **sent})).status_code == 400
    said = team.text.partition(f'id="{LIMIT.replace(".", "-")}-{field}-said" role="alert">')[2].partition("</p>")[0]
    assert sentence in said
    assert "<b>eu" not in team.last_raw()
    assert api.head() == head


def test_two_controls_of_a_feature_or_of_one_that_is_not_counted_are_refused(team: Browser, api: Api) -> None:
    spend = "billing_controls.spend_limits"
    twice = {f"{spend}.{n}.{name}": each for n in (0, 1) for name, each in
             {"feature_id": "messages", "overage_limit": "5", "enabled": "1"}.items()}  # fmt: skip
    assert team.post("/plans/team/edit", form_of(team, **fields(api, "team"), **twice)).status_code == 400
    assert "Spend limit: This names" in team.text
    flag = {**fields(api, "team"), f"{LIMIT}.feature_id": "sso"}
    assert team.post("/plans/team/edit", form_of(team, **flag)).status_code == 400
    assert "leave it out of billing_controls" in team.text
