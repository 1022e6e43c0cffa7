"""What was answered once is answered again: a machine lives on a ledger, keeps its answers, and asks for them later."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial, reduce
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from api.reads.resources import RESOURCES
from ledger.core.customer import CUSTOMER
from ledger.core.errors import Refusal
from ledger.core.settings import ChangeSetting
from ledger.core.state import Customer
from ledger.store import snapshots
from ledger.store.addresses import CatalogAddress, SettingsAddress
from ledger.store.kinds import core_kinds
from ledger.store.log import read_log, reading_codec
from projections.when import When
from replay.past import Past
from tests.api.client import TESTER, Api, Ledgers, Refused, catalog

LONG_AGO = datetime(2025, 1, 31, 12, tzinfo=UTC)
MANY = 10_000
PER_CUSTOMER = (
    "",
    "/balances?status=all",
    "/subscriptions?status=all",
    "/subscriptions?status=expired&kind=subscription",
    "/invoices",
    "/entities",
    "/timeline",
    "/usage",
    "/usage/sums?group_by=plan&bin=month",
)
OF_THE_LEDGER = (
    "/v1/customers",
    "/v1/subscriptions?status=all",
    "/v1/subscriptions?status=past_due",
    "/v1/subscriptions?kind=purchase",
    "/v1/invoices",
    "/v1/invoices?status=open",
    "/v1/timeline",
    "/v1/timeline?group=command",
    "/v1/usage",
    "/v1/usage/sums?group_by=customer&top=1&measure=count",
    "/v1/customers?feature=messages&sort=remaining",
    "/v1/customers?balance=messages:usage:gt:3&sort=name",
    "/v1/books/trial-balance?to=2025-05-31",
    "/v1/books/journal?to=2025-05-31",
    "/v1/books/statement?account=Income:Revenue&to=2025-05-31",
    "/v1/events",
)
HAVE_A_PAST = {each.path for each in RESOURCES if "as_of" in {one.name for one in each.parameters}}


def has_a_past(path: str) -> bool:
    """Whether a path takes `as_of`."""
    parts = path.split("?", maxsplit=1)[0].split("/")
    if len(parts) > 3:
        parts[3] = "{customer_id}"
    return "/".join(parts) in HAVE_A_PAST


LOOKED_AT = [
    path
    for path in (*(f"/v1/customers/c{n}{rest}" for n in range(3) for rest in PER_CUSTOMER), *OF_THE_LEDGER)
    if has_a_past(path)
]
AT_ONCE = 9
BUSINESS = [(LONG_AGO + timedelta(days=days)).isoformat() for days in (-1, 0, 1, 21, 40, 100)]


class Seen(NamedTuple):
    """An answer of its time: of which position it was, an instant when it still was, and the business time asked for.

    What was refused has no body, and its status is an answer too.
    """

    path: str
    position: int
    instant: datetime
    status: int
    body: Any
    at: str | None = None


class Life(RuleBasedStateMachine):
    """Customers with clocks of their own and on real time, and everything that can happen to them."""

    customer = st.integers(0, 2).map(lambda n: f"c{n}")

    def __init__(self, made: Callable[[], Api]) -> None:
        super().__init__()
        self.api, self.seen, self.clocks = made(), list[Seen](), dict[str, datetime]()
        self.turn = 0

    @initialize()
    def begin(self) -> None:
        catalog(self.api)
        self.create("c0", clocked=True)
        self.create("c1", clocked=False)
        for customer in ("c0", "c1"):
            self.attach(customer, "pro")
            self.track(customer, 7)

    @rule(customer=customer, clocked=st.booleans())
    def create(self, customer: str, *, clocked: bool) -> None:
        headers = {"Tallystick_Now": LONG_AGO.isoformat()} if clocked else {}
        if self.do("customers.get_or_create", headers, customer_id=customer, name=customer.upper()) and clocked:
            self.clocks.setdefault(customer, LONG_AGO)

    @rule(customer=customer, plan=st.sampled_from(["pro", "team", "extra"]))
    def attach(self, customer: str, plan: str) -> None:
        self.do("billing.attach", customer_id=customer, plan_id=plan)

    @rule(
        customer=customer,
        plan=st.sampled_from(["pro", "team"]),
        how=st.sampled_from(["cancel_immediately", "cancel_end_of_cycle", "uncancel"]),
    )
    def cancel(self, customer: str, plan: str, how: str) -> None:
        self.do("billing.update", customer_id=customer, plan_id=plan, cancel_action=how)

    @rule(customer=customer, value=st.sampled_from([1, 7, 600, Decimal("0.5"), -3]))
    def track(self, customer: str, value: Any) -> None:
        self.do("balances.track", customer_id=customer, feature_id="messages", value=value)

    @rule(customer=customer, remaining=st.integers(0, 50))
    def set_balance(self, customer: str, remaining: int) -> None:
        self.do("balances.update", customer_id=customer, feature_id="messages", remaining=remaining)

    @rule(customer=customer, included=st.integers(1, 9))
    def grant(self, customer: str, included: int) -> None:
        self.do("balances.create", customer_id=customer, feature_id="messages", included_grant=included)

    @rule(customer=customer, entity=st.sampled_from(["desk", "door"]))
    def enter(self, customer: str, entity: str) -> None:
        self.do("entities.create", customer_id=customer, entity_id=entity, feature_id="seats", name=entity)

    @rule(customer=customer, entity=st.sampled_from(["desk", "door"]))
    def leave(self, customer: str, entity: str) -> None:
        self.do("entities.delete", customer_id=customer, entity_id=entity)

    @rule(customer=customer, days=st.sampled_from([1, 20, 32, 70]))
    def move_clock(self, customer: str, days: int) -> None:
        if customer in self.clocks:
            then = self.clocks[customer] + timedelta(days=days)
            moved = int(then.timestamp() * 1000)
            if self.do("customers.advance_test_clock", customer_id=customer, frozen_time=moved):
                self.clocks[customer] = then

    @rule(customer=customer, sure=st.integers(0, 2))
    def delete(self, customer: str, sure: int) -> None:
        if sure == 1 and self.do("customers.delete", customer_id=customer):
            self.clocks.pop(customer, None)

    @rule(customer=customer, name=st.sampled_from(["Ada", "Grace"]))
    def rename(self, customer: str, name: str) -> None:
        self.do("customers.update", customer_id=customer, name=name)

    @rule(name=st.sampled_from(["Messages", "Letters"]))
    def rename_feature(self, name: str) -> None:
        self.do("features.update", feature_id="messages", name=name)

    @rule(customer=customer)
    def invoice(self, customer: str) -> None:
        lines = [{"amount": 12, "description": "Help"}]
        self.do("invoices.create", customer_id=customer, custom_line_items=lines, net_terms_days=10)

    @rule(back=st.integers(1, 40))
    def reverse(self, back: int) -> None:
        position = max(1, self.api.head() - back)
        self.do("events.reverse", {"Tallystick_Reason": "Counted twice"}, position=position)

    @rule(customer=customer, days=st.sampled_from([1, 10, 40]), backdate=st.booleans())
    def track_late(self, customer: str, days: int, *, backdate: bool) -> None:
        used_at = self.clocks.get(customer, datetime.now(UTC)) - timedelta(days=days)
        headers = {"Tallystick_Backdate": "true"} if backdate else {}
        stamp = int(used_at.timestamp() * 1000)
        self.do("balances.track", headers, customer_id=customer, feature_id="messages", value=2, timestamp=stamp)

    @rule(customer=customer, method=st.sampled_from(["pm_declined", "pm_card"]))
    def pays_by(self, customer: str, method: str) -> None:
        self.do("customers.update", customer_id=customer, metadata={"payment_method": method})

    @rule(turn=st.integers(0, 9), what=st.sampled_from(["pay", "void", "write_off", "issue_credit_note"]))
    def settle(self, turn: int, what: str) -> None:
        if found := self.api.get("/v1/invoices")["list"]:
            amount = {"amount": 1} if what == "issue_credit_note" else {}
            self.do(f"invoices.{what}", invoice_id=found[turn % len(found)]["id"], **amount)

    @rule(plan=st.sampled_from(["pro", "team"]), name=st.sampled_from(["Pro", "Business"]))
    def rename_plan(self, plan: str, name: str) -> None:
        self.do("plans.update", plan_id=plan, name=name)

    @rule(month=st.integers(1, 4))
    def close_books(self, month: int) -> None:
        address, until = SettingsAddress(), f"2025-{month:02d}-28"
        with suppress(Refusal):
            command = ChangeSetting("books_closed_until", until)
            self.api.store.ledger(self.api.ledger_id).execute(address, command, by=TESTER)

    @invariant()
    def look(self) -> None:
        """Some of everything after every step, each path in its turn; every other one also at a business time."""
        self.turn += 1
        for number, path in enumerate(LOOKED_AT[self.turn % AT_ONCE :: AT_ONCE]):
            if (now := self.ask(path)).status == HTTPStatus.OK:
                self.seen.append(now)
            if (number + self.turn) % 2:
                at = BUSINESS[(number + self.turn) // 2 % len(BUSINESS)]
                self.seen.append(self.ask(_with(path, at=at))._replace(path=path, at=at))

    def ask(self, path: str) -> Seen:
        """What is answered now."""
        body = None
        with suppress(Refused):
            body = self.api.get(path)
        response = self.api.last
        assert response is not None
        assert response.status_code < HTTPStatus.INTERNAL_SERVER_ERROR, path
        position = int(response.headers.get("Ledger-Position", self.api.head()))
        return Seen(path, position, datetime.now(UTC), response.status_code, body)

    def do(self, operation: str, headers: dict[str, str] | None = None, /, **body: Any) -> bool:
        with suppress(Refused):
            self.api(operation, headers, **body)
        assert self.api.last is not None
        assert self.api.last.status_code < HTTPStatus.INTERNAL_SERVER_ERROR, (operation, body)
        done = self.api.last.status_code < HTTPStatus.BAD_REQUEST
        event(f"{operation} {'done' if done else 'refused'}")
        return done

    def teardown(self) -> None:
        for _ in range(AT_ONCE):
            self.look()
        for each in self.seen:
            self.asked_again(each, f"position:{each.position}")
        for each in self.seen[::5]:
            self.asked_again(each, each.instant.isoformat())
        self.folds_are_naive_ones()

    def asked_again(self, seen: Seen, as_of: str) -> None:
        path = _with(seen.path, as_of=as_of) if seen.at is None else _with(seen.path, as_of=as_of, at=seen.at)
        again = self.ask(path)
        assert again.status == seen.status, path
        if again.status == HTTPStatus.OK:
            assert _told(again.body) == _told(seen.body), path
            assert again.position == seen.position, path

    def folds_are_naive_ones(self) -> None:
        """States kept on the way change nothing: of every moment the fold is that of the events inside it."""
        store, ledger_id = self.api.store, self.api.ledger_id
        with store.pool.connection() as conn:
            codec = reading_codec(conn, ledger_id, core_kinds(), store.operator)
            log = read_log(conn, ledger_id, 0, MANY)
            past, head = Past(conn, store.operator, ledger_id), log[-1]
            streams = {row.stream_id for row in log if row.type.startswith("customer.created")}
            ledger_settings = store.ledger(ledger_id).look(CatalogAddress(), by=TESTER).settings
            for row in log[:: max(1, len(log) // 12)]:
                for stream_id in streams:
                    when = When(head.position, head.recorded_at, row.at)
                    inside = [each for each in log if each.stream_id == stream_id and each.at <= row.at]
                    if inside:
                        events = (codec.decode(each.type, each.state, stream_id) for each in inside)
                        naive = reduce(CUSTOMER.evolve, events, Customer())
                        assert past.customer(stream_id, when, ledger_settings).recorded == naive


def _with(path: str, **moment: str) -> str:
    asked = "&".join(f"{name}={quote(value)}" for name, value in moment.items())
    return f"{path}{'&' if '?' in path else '?'}{asked}"


def _told(body: Any) -> Any:
    """An answer without what names its moment: a cursor, and the queries that lead to a sum's uses."""
    if not isinstance(body, dict):
        return body
    rows = [{name: value for name, value in row.items() if name != "rows"} for row in body.get("list", [])]
    more = {"next_cursor": body["next_cursor"] is not None} if "next_cursor" in body else {}
    return {**body, **more, **({"list": rows} if rows else {})}


@pytest.fixture
def close_milestones(monkeypatch: pytest.MonkeyPatch) -> None:
    """States are kept every few events, so that every fold begins at one."""
    monkeypatch.setattr(snapshots, "MILESTONES_APART", 4)
    monkeypatch.setattr(snapshots, "EVENTS_BETWEEN", 3)


def live(ledgers: Ledgers, *, examples: int, steps: int) -> None:
    few = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
    run_state_machine_as_test(partial(Life, ledgers.sandbox), settings=few)  # type: ignore[arg-type]  # it is called


@pytest.mark.usefixtures("close_milestones")
def test_what_was_answered_is_answered_again(ledgers: Ledgers) -> None:
    live(ledgers, examples=2, steps=10)


@pytest.mark.slow
@pytest.mark.usefixtures("close_milestones")
def test_what_was_answered_in_a_long_life_is_answered_again(ledgers: Ledgers) -> None:
    live(ledgers, examples=8, steps=30)
