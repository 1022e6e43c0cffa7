"""Reads of the past over HTTP: as of what was known, as of business time, both, and everything that is no moment."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest

from api.reads.resource import Resource
from api.reads.resources import RESOURCES
from projections.view import View
from tests.api.client import Api, Ledgers, Refused, catalog

JANUARY = datetime(2026, 1, 31, 12, tzinfo=UTC)
MARCH = datetime(2026, 3, 1, tzinfo=UTC)


def said(api: Api, path: str, **moment: str) -> Any:
    """The answer to a read of a moment."""
    asked = "&".join(f"{name}={quote(value)}" for name, value in moment.items())
    return api.get(f"{path}{'&' if '?' in path else '?'}{asked}")


def rows(api: Api, path: str, **moment: str) -> Any:
    return said(api, path, **moment)["list"]


def position(api: Api) -> str:
    """The last answer's position, as a moment."""
    assert api.last is not None
    return f"position:{api.last.headers['Ledger-Position']}"


@pytest.fixture
def paying(api: Api) -> Api:
    """`acme`, whose clock stands at the end of January, on a plan of 20 a month; 30 of 500 messages are used."""
    catalog(api)
    api("customers.get_or_create", api.at(JANUARY.isoformat()), customer_id="acme", name="Acme")
    api("billing.attach", customer_id="acme", plan_id="pro")
    api("balances.track", customer_id="acme", feature_id="messages", value=30)
    return api


def messages(api: Api, **moment: str) -> Decimal:
    """What was used of messages."""
    (row,) = (
        each
        for each in rows(api, "/v1/customers/acme/balances?feature_id=messages", **moment)
        if each["plan_id"] == "pro"
    )
    used: Decimal = row["usage"]
    return used


def advance(api: Api, to: datetime) -> None:
    api("customers.advance_test_clock", customer_id="acme", frozen_time=int(to.timestamp() * 1000))


def test_the_customer_is_shown_as_it_was_known(paying: Api) -> None:
    before, then = paying.get("/v1/customers/acme"), position(paying)
    paying("customers.update", customer_id="acme", name="Acme Ltd")
    paying("balances.track", customer_id="acme", feature_id="messages", value=5)
    assert said(paying, "/v1/customers/acme", as_of=then) == before
    assert paying.get("/v1/customers/acme")["name"] == "Acme Ltd"
    assert messages(paying, as_of=then) == 30
    assert messages(paying, as_of=datetime.now(UTC).isoformat()) == 35


def test_a_customer_that_is_gone_is_found_by_the_id_it_had(paying: Api) -> None:
    rich, then = paying.get("/v1/customers/acme/invoices"), position(paying)
    paying("customers.delete", customer_id="acme")
    paying("customers.get_or_create", customer_id="acme", name="Another")
    assert said(paying, "/v1/customers/acme/invoices", as_of=then) == rich
    assert said(paying, "/v1/customers/acme", as_of=then)["name"] == "Acme"
    assert paying.get("/v1/customers/acme")["name"] == "Another"
    assert rows(paying, "/v1/invoices", as_of=then) == rich["list"]
    assert rows(paying, "/v1/invoices", as_of=datetime.now(UTC).isoformat()) == []


def test_what_fell_due_has_happened_by_an_instant_and_not_before(paying: Api) -> None:
    advance(paying, MARCH)
    assert messages(paying, at="2026-02-27") == 30
    assert messages(paying, at="2026-02-28T12:00:00Z") == 0
    first, second = (rows(paying, "/v1/customers/acme/invoices", at=day) for day in ("2026-02-27", "2026-03-01"))
    assert [each["number"] for each in second] == [2, 1]
    assert [each["number"] for each in first] == [1]


def test_what_was_known_then_of_an_earlier_day(paying: Api) -> None:
    """The clock goes on first, and what nobody had looked at yet has happened all the same, but for its number."""
    early = paying.get("/v1/customers/acme") and position(paying)
    advance(paying, MARCH)
    late = position(paying)
    assert messages(paying, as_of=late, at="2026-02-15") == 30
    assert messages(paying, as_of=late, at="2026-02-28T13:00:00Z") == 0
    # Known was only a clock that stood in January: what came later had not come.
    assert messages(paying, as_of=early, at="2026-02-28T13:00:00Z") == 30
    row = said(paying, "/v1/customers/acme", as_of=early, at="2026-02-28T13:00:00Z")["subscriptions"][0]
    assert row["current_period_start"] == int(JANUARY.timestamp() * 1000)


def test_on_real_time_what_fell_due_since_is_worked_out(api: Api) -> None:
    catalog(api)
    api("customers.get_or_create", customer_id="acme")
    api("billing.attach", customer_id="acme", plan_id="pro")
    api("balances.track", customer_id="acme", feature_id="messages", value=30)
    now = datetime.now(UTC)
    with pytest.raises(Refused, match="still to come"):
        messages(api, at=(now + timedelta(days=1)).isoformat())
    assert messages(api, at=now.isoformat()) == 30


def test_ended_subscriptions_and_unscheduled_ones_are_what_they_were(paying: Api) -> None:
    paying("billing.attach", customer_id="acme", plan_id="free")
    paths = ("/v1/customers/acme/subscriptions?status=all", "/v1/subscriptions?status=all")
    scheduled, then = [rows(paying, path, at=JANUARY.isoformat()) for path in paths], position(paying)
    assert {each["status"] for each in scheduled[0]} >= {"active", "scheduled"}
    paying("billing.update", customer_id="acme", plan_id="pro", cancel_action="uncancel")
    paying("billing.attach", customer_id="acme", plan_id="team")
    now = rows(paying, paths[0], as_of=datetime.now(UTC).isoformat())
    assert {"expired", "active"} == {each["status"] for each in now}
    assert now == paying.get(paths[0])["list"] == paying.get(paths[1])["list"]
    for path, before in zip(paths, scheduled, strict=True):
        assert rows(paying, path, as_of=then) == before


def test_explained_numbers_of_the_past_sum_to_what_they_were(paying: Api) -> None:
    then = paying.get("/v1/customers/acme") and position(paying)
    paying("balances.track", customer_id="acme", feature_id="messages", value=70)
    advance(paying, MARCH)
    for path in ("/v1/customers/acme/balances?status=all", "/v1/customers/acme/invoices", "/v1/invoices"):
        for moment in ({"as_of": then}, {"at": "2026-02-28T12:00:00Z"}):
            found = rows(paying, f"{path}{'&' if '?' in path else '?'}explain=true", **moment)
            assert found
            for row in found:
                for name in {"included_grant", "remaining", "usage", "total", "due"} & row.keys():
                    changes = [Decimal(str(each["change"])) for each in row["explain"][name]]
                    assert sum(changes, Decimal(0)) == row[name], (path, moment, name)


def test_pages_of_the_past_follow_each_other_and_no_other_moment(paying: Api) -> None:
    paying("billing.attach", customer_id="acme", plan_id="team")
    then = paying.get("/v1/customers/acme") and position(paying)
    for path in ("/v1/invoices", "/v1/customers/acme/invoices", "/v1/subscriptions?status=all"):
        whole = rows(paying, path, as_of=then)
        assert len(whole) > 1
        more = f"{path}{'&' if '?' in path else '?'}limit=1"
        first = said(paying, more, as_of=then)
        found, cursor = first["list"], first["next_cursor"]
        other = "position:" + str(int(then.removeprefix("position:")) - 1)
        for wrong in ({"as_of": other}, {"as_of": then, "at": "2026-01-31T13:00:00Z"}, {}):
            with pytest.raises(Refused) as refused:
                said(paying, more, cursor=cursor, **wrong)
            assert refused.value.code == "invalid_cursor"
        while cursor is not None:
            page = said(paying, more, as_of=then, cursor=cursor)
            found, cursor = found + page["list"], page["next_cursor"]
        assert found == whole


def test_a_file_of_the_past_holds_what_its_pages_hold(paying: Api) -> None:
    then = paying.get("/v1/customers/acme") and position(paying)
    paths = ("/v1/subscriptions", "/v1/customers/acme/subscriptions", "/v1/invoices", "/v1/customers/acme/balances")
    before = [paying.get(f"{path}?format=csv") for path in paths]
    paying("billing.attach", customer_id="acme", plan_id="team")
    for path, kept in zip(paths, before, strict=True):
        assert len(kept.splitlines()) > 1
        assert said(paying, f"{path}?format=csv", as_of=then) == kept
        assert paying.get(f"{path}?format=csv") != kept


def test_the_log_is_read_as_it_was(paying: Api) -> None:
    then = paying.get("/v1/customers/acme") and position(paying)
    before = paying.get("/v1/events")
    advance(paying, MARCH)
    assert said(paying, "/v1/events", as_of=then) == before
    kept = said(paying, "/v1/events?customer_id=acme", at="2026-02-15")
    assert kept
    assert set(kept.splitlines()) < set(before.splitlines())


def a_read(resource: Resource) -> str:
    """A question to a read that has an answer wherever there is a customer acme."""
    path = resource.path.format(customer_id="acme")
    return f"{path}?account=Assets" if path.endswith("/statement") else path


PATHS = [a_read(each) for each in RESOURCES if "as_of" in {one.name for one in each.parameters}]
OF_ACME = [path for path in PATHS if "acme" in path]
FUTURE = "2199-01-01"


@pytest.mark.parametrize(
    ("moment", "status", "code"),
    [
        ({"as_of": "yesterday"}, 400, "invalid_inputs"),
        ({"as_of": "2026-02-30"}, 400, "invalid_inputs"),
        ({"as_of": "2026-02-03T10:00:00"}, 400, "invalid_inputs"),
        ({"as_of": "position:0"}, 400, "invalid_inputs"),
        ({"as_of": "position:-1"}, 400, "invalid_inputs"),
        ({"as_of": "position:99999"}, 404, "position_not_found"),
        ({"as_of": FUTURE}, 400, "invalid_request"),
        ({"at": "position:3"}, 400, "invalid_inputs"),
        ({"at": "soon"}, 400, "invalid_inputs"),
        ({"at": "0001-01-01T00:00:00+14:00"}, 400, "invalid_inputs"),
        ({"as_of": "0001-01-01T00:00:00+14:00"}, 400, "invalid_inputs"),
        ({"at": "9999-12-31T23:59:59-14:00"}, 400, "invalid_inputs"),
        ({"at": FUTURE}, 400, "invalid_request"),
    ],
)
def test_what_is_no_moment_is_refused_everywhere(
    ledgers: Ledgers, moment: dict[str, str], status: int, code: str
) -> None:
    for api in (ledgers.sandbox(), ledgers.live()):
        api("customers.get_or_create", customer_id="acme")
        for path in PATHS:
            with pytest.raises(Refused) as refused:
                said(api, path, **moment)
            assert (refused.value.status, refused.value.code) == (status, code), path


def test_business_time_after_what_was_known_is_refused_in_live_ledgers(ledgers: Ledgers) -> None:
    api = ledgers.live()
    api("customers.get_or_create", customer_id="acme")
    then = datetime.now(UTC)
    later = (then + timedelta(microseconds=1)).isoformat()
    for path in PATHS:
        with pytest.raises(Refused, match="must not be after as_of") as refused:
            said(api, path, as_of=then.isoformat(), at=later)
        assert refused.value.code == "invalid_request"
        said(api, path, as_of=then.isoformat(), at=then.isoformat())


def test_a_clock_ahead_of_real_time_has_its_own_bound(paying: Api) -> None:
    """Where one customer's clock stands bounds it; the furthest of them bounds a list of all."""
    ahead = datetime.now(UTC) + timedelta(days=400)
    advance(paying, ahead)
    paying("customers.get_or_create", customer_id="other")
    inside, beyond = ((ahead + timedelta(days=days)).isoformat() for days in (-1, 1))
    assert rows(paying, "/v1/customers/acme/invoices", at=inside)
    assert rows(paying, "/v1/invoices", at=inside)
    for path in ("/v1/customers/acme", "/v1/invoices", "/v1/subscriptions"):
        with pytest.raises(Refused, match="still to come"):
            said(paying, path, at=beyond)
    with pytest.raises(Refused, match="still to come"):
        said(paying, "/v1/customers/other", at=inside)


def test_who_was_not_there_yet_or_any_more_is_not_found(paying: Api) -> None:
    paying("customers.delete", customer_id="acme")
    for path in OF_ACME:
        for moment in ({"as_of": "position:1"}, {"at": "2026-01-30"}, {"as_of": datetime.now(UTC).isoformat()}):
            with pytest.raises(Refused) as refused:
                said(paying, path, **moment)
            assert (refused.value.status, refused.value.code) == (404, "customer_not_found")
            assert "acme did not exist in this ledger at the moment asked for" in str(refused.value)


def test_an_operation_takes_no_moment(paying: Api) -> None:
    with pytest.raises(Refused) as refused:
        paying("customers.get", customer_id="acme", as_of="position:3")
    assert refused.value.status == 400


def test_a_model_that_is_still_being_built_has_no_past_yet(paying: Api) -> None:
    paying.get("/v1/customers/acme")
    for step in (-1, 1):
        with paying.store.pool.connection() as conn:
            change = "UPDATE projections SET revision = revision + %s WHERE ledger_id = %s AND model = 'subscriptions'"
            conn.execute(change, (step, paying.ledger_id))
        assert paying.get("/v1/subscriptions")["list"]
        if step > 0:
            assert said(paying, "/v1/subscriptions", as_of="position:9")["list"] == []
            continue
        with pytest.raises(Refused) as refused:
            said(paying, "/v1/subscriptions", as_of="position:9")
        assert (refused.value.status, refused.value.code) == (503, "projection_behind")


def test_what_would_take_too_long_to_look_through_is_refused(paying: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(view: View, _milliseconds: int, _read: object) -> None:
        """A statement that takes longer than it may."""
        assert within(view, 1, lambda: view._conn.execute("SELECT pg_sleep(1)").fetchall()) is None

    within = View.within
    monkeypatch.setattr(View, "within", slow)
    for path in ("/v1/subscriptions", "/v1/invoices"):
        with pytest.raises(Refused, match="narrow it by customer_id") as refused:
            said(paying, path, as_of="position:9")
        assert refused.value.status == 400
