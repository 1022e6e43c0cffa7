"""What a caller gets for what it asks, through a real writer on a real database."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from ledger.core.balances.adjustment import GrantBalance
from ledger.core.balances.usage import Track
from ledger.core.entity import CreateEntity
from ledger.core.errors import CustomerNotFound, EntityAmbiguous, EntityNotFound, LiveClock, Refusal
from ledger.core.events import CustomerCreated, UsageRecorded
from ledger.core.profile import CreateCustomer, DeleteCustomer, MoveClock, UpdateCustomer
from ledger.core.sealed import Sealed
from ledger.core.settings import Env
from ledger.store.addresses import internal_id
from ledger.store.ledger import (
    Caller,
    CustomerAddress,
    DuplicateKey,
    EntityAddress,
    Ledger,
    Once,
    OpeningAddress,
    Step,
    StepsRefused,
    Store,
    Tuning,
)
from tests.store.conftest import ME, OPERATOR_KEY, open_customer, open_ledger

TWO = Decimal(2)
MILLISECOND = timedelta(milliseconds=1)


def at_once(count: int, work: Callable[[int], Any]) -> list[Any]:
    """What so many threads answer, or the exception each met, started together."""
    answers: list[Any] = [None] * count
    gate = threading.Barrier(count)

    def run(index: int) -> None:
        gate.wait()
        try:
            answers[index] = work(index)
        except Exception as error:  # noqa: BLE001  what a thread met is its answer
            answers[index] = error

    threads = [threading.Thread(target=run, args=(index,)) for index in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers


def used(ledger: Ledger, customer_id: str) -> Decimal:
    """What a customer has used of its granted messages."""
    state = ledger.look(CustomerAddress(customer_id), by=ME).state
    return sum((grant.used for grant in state.grants.values()), Decimal(0))


def position(ledger: Ledger) -> int:
    return ledger.recorder.max_notification_id() or 0


def once(key: str, body: bytes = b"body") -> Once:
    return Once(key, "a key", "balances.track", body)


def track(ledger: Ledger, customer_id: str, key: str | None = None, body: bytes = b"body") -> Any:
    address = CustomerAddress(customer_id)
    return ledger.execute(address, Track("messages", value=TWO), by=ME, once=None if key is None else once(key, body))


def test_an_answer_names_its_position_and_what_changed(ledger: Ledger) -> None:
    open_customer(ledger, "ann", messages=10)
    outcome = track(ledger, "ann")
    assert outcome.position == position(ledger)
    assert [type(event) for event in outcome.events] == [UsageRecorded]
    assert outcome.steps[0].before.version == outcome.state.version - 1
    assert outcome.now.microsecond % 1000 == 0


def test_the_same_customer_created_at_once_by_fifty_is_one_customer(ledger: Ledger) -> None:
    address = OpeningAddress("ann", "ann@example.com")
    answers = at_once(50, lambda _: ledger.execute(address, CreateCustomer("ann", email="ann@example.com"), by=ME))
    assert {answer.steps[0].stream_id for answer in answers} == {answers[0].steps[0].stream_id}
    assert sum(len(answer.events) for answer in answers) == 1


def test_an_id_less_customer_is_found_by_its_email_and_adopted_by_an_id(ledger: Ledger) -> None:
    first = ledger.execute(OpeningAddress(None, "bob@x.org"), CreateCustomer(email="bob@x.org"), by=ME)
    again = ledger.execute(OpeningAddress(None, "bob@x.org"), CreateCustomer(email="bob@x.org"), by=ME)
    adopted = ledger.execute(OpeningAddress("bob", "bob@x.org"), CreateCustomer("bob", email="bob@x.org"), by=ME)
    other = ledger.execute(OpeningAddress(None, "bob@x.org"), CreateCustomer(email="bob@x.org"), by=ME)
    streams = [each.steps[0].stream_id for each in (first, again, adopted, other)]
    assert streams[0] == streams[1] == streams[2] != streams[3]
    assert ledger.look(CustomerAddress("bob"), by=ME).state.customer_id == "bob"


def test_a_customer_answers_to_its_internal_id(ledger: Ledger) -> None:
    made = ledger.execute(OpeningAddress(None, "c@x.org"), CreateCustomer(email="c@x.org"), by=ME)
    address = CustomerAddress(internal_id(made.steps[0].stream_id))
    assert ledger.look(address, by=ME).state.email == "c@x.org"


@pytest.mark.parametrize("customer_id", ["nobody", "cus_" + "0" * 32, "cus_" + "0" * 31 + "1", "cus_" + "f" * 32, ""])
def test_who_does_not_exist_is_refused_by_every_door(ledger: Ledger, customer_id: str) -> None:
    before = position(ledger)
    with pytest.raises(CustomerNotFound):
        ledger.look(CustomerAddress(customer_id), by=ME)
    with pytest.raises(CustomerNotFound):
        track(ledger, customer_id)
    assert position(ledger) == before


def test_an_id_given_back_can_be_taken_again(ledger: Ledger) -> None:
    open_customer(ledger, "ann")
    ledger.execute(CustomerAddress("ann"), UpdateCustomer({}, new_customer_id="anna"), by=ME)
    with pytest.raises(CustomerNotFound):
        ledger.look(CustomerAddress("ann"), by=ME)
    open_customer(ledger, "ann")
    ledger.execute(CustomerAddress("ann"), DeleteCustomer(), by=ME)
    open_customer(ledger, "ann")
    assert ledger.look(CustomerAddress("ann"), by=ME).state.exists
    assert ledger.look(CustomerAddress("anna"), by=ME).state.customer_id == "anna"


def test_an_entity_finds_its_customer_when_only_one_has_it(ledger: Ledger) -> None:
    for name in ("ann", "bob"):
        open_customer(ledger, name)
    for name, entity_id in (("ann", "seat"), ("ann", "seat@home"), ("bob", "desk")):
        ledger.execute(CustomerAddress(name), CreateEntity(entity_id, "seats"), by=ME)
    assert ledger.look(EntityAddress("seat"), by=ME).state.customer_id == "ann"
    assert ledger.look(EntityAddress("desk"), by=ME).state.customer_id == "bob"
    with pytest.raises(EntityNotFound):
        ledger.look(EntityAddress("sea"), by=ME)
    ledger.execute(CustomerAddress("bob"), CreateEntity("seat", "seats"), by=ME)
    with pytest.raises(EntityAmbiguous, match="Several customers"):
        ledger.look(EntityAddress("seat"), by=ME)


def test_a_reason_is_on_the_callers_events(ledger: Ledger) -> None:
    open_customer(ledger, "ann", messages=5)
    by = Caller("tests", on_behalf_of="ann", reason=Sealed("goodwill"), request_id="req-1")
    outcome = ledger.execute(CustomerAddress("ann"), Track("messages", value=TWO), by=by)
    assert [event.reason for event in outcome.events] == [Sealed("goodwill")]


# --- idempotency ------------------------------------------------------------------------------------------


def test_a_key_used_again_gives_the_first_answer_as_of_its_position(ledger: Ledger) -> None:
    open_customer(ledger, "ann", messages=10)
    first = track(ledger, "ann", "k")
    for _ in range(3):
        track(ledger, "ann")
    again = track(ledger, "ann", "k")
    assert again == first._replace(replayed=True)
    assert used(ledger, "ann") == 8


def test_a_replay_by_another_process_is_the_same_answer(ledger: Ledger, store: Store) -> None:
    open_customer(ledger, "ann", messages=10)
    first = track(ledger, "ann", "k")
    other = Store(store.database_url, operator_key=OPERATOR_KEY)
    try:
        assert track(other.ledger("main"), "ann", "k") == first._replace(replayed=True)
        future = other.ledger("main").submit(
            CustomerAddress("ann"), Track("messages", value=TWO), by=ME, once=once("k")
        )
        assert future.result(20) == first._replace(replayed=True)
    finally:
        other.close()


def test_another_request_under_a_key_is_refused(ledger: Ledger) -> None:
    open_customer(ledger, "ann", messages=10)
    track(ledger, "ann", "k")
    with pytest.raises(DuplicateKey):
        track(ledger, "ann", "k", b"another body")
    assert used(ledger, "ann") == 2


def test_a_key_belongs_to_its_holder(ledger: Ledger) -> None:
    open_customer(ledger, "ann", messages=10)
    for holder in ("one", "two"):
        key = Once("k", holder, "balances.track", b"body")
        assert not ledger.execute(CustomerAddress("ann"), Track("messages"), by=ME, once=key).replayed


def test_a_refusal_keeps_no_key_and_a_success_without_events_does(ledger: Ledger) -> None:
    with pytest.raises(CustomerNotFound):
        track(ledger, "ann", "k")
    open_customer(ledger, "ann", messages=10)
    assert not track(ledger, "ann", "k").replayed
    nothing = once("n")
    for replayed in (False, True):
        outcome = ledger.execute(CustomerAddress("ann"), Track("messages", value=Decimal(0)), by=ME, once=nothing)
        assert (list(outcome.events), outcome.replayed) == ([], replayed)


def test_the_same_key_fifty_times_at_once_is_decided_once(ledger: Ledger) -> None:
    open_customer(ledger, "ann", messages=100)
    answers = at_once(50, lambda _: track(ledger, "ann", "k"))
    assert [answer.replayed for answer in answers].count(False) == 1
    first = answers[0]
    assert all(answer._replace(replayed=first.replayed) == first for answer in answers)
    assert used(ledger, "ann") == 2


def test_fifty_different_requests_under_one_key_are_one_and_forty_nine_refusals(ledger: Ledger) -> None:
    open_customer(ledger, "ann", messages=100)
    answers = at_once(50, lambda index: track(ledger, "ann", "k", str(index).encode()))
    assert sum(isinstance(answer, DuplicateKey) for answer in answers) == 49
    assert used(ledger, "ann") == 2


# --- several steps ----------------------------------------------------------------------------------------


def row(customer_id: str, key: str | None = None, body: bytes = b"body") -> Step:
    own = None if key is None else once(key, body)
    return Step(CustomerAddress(customer_id), Track("messages", value=TWO), own)


def test_all_steps_happen_or_none_and_every_bad_one_is_named(ledger: Ledger) -> None:
    open_customer(ledger, "ann", messages=10)
    before = position(ledger)
    with pytest.raises(StepsRefused) as refused:
        ledger.execute_all([row("ann"), row("bob"), row("ann"), row("cleo")], by=ME)
    assert set(refused.value.refusals) == {1, 3}
    assert refused.value.code == "customer_not_found"
    assert position(ledger) == before
    assert used(ledger, "ann") == 0


def test_a_step_sees_what_the_steps_before_it_did(ledger: Ledger) -> None:
    steps = [
        Step(OpeningAddress("ann", None), CreateCustomer("ann")),
        Step(CustomerAddress("ann"), GrantBalance("messages", included=Decimal(5))),
        row("ann"),
    ]
    outcome = ledger.execute_all(steps, by=ME)
    assert len({step.stream_id for step in outcome.steps}) == 1
    assert isinstance(outcome.steps[0].events[0], CustomerCreated)
    assert [step.after.version for step in outcome.steps] == [1, 2, 3]


def test_a_refused_opening_leaves_its_id_free(ledger: Ledger) -> None:
    with pytest.raises(Refusal):
        ledger.execute_all([Step(OpeningAddress("ann", None), CreateCustomer("ann")), row("bob")], by=ME)
    with pytest.raises(CustomerNotFound):
        ledger.look(CustomerAddress("ann"), by=ME)
    open_customer(ledger, "ann")


def test_a_row_whose_key_is_known_counts_once(ledger: Ledger) -> None:
    open_customer(ledger, "ann", messages=100)
    ledger.execute_all([row("ann", "a"), row("ann", "b"), row("ann", "b")], by=ME)
    assert used(ledger, "ann") == 4
    outcome = ledger.execute_all([row("ann", "b"), row("ann", "c"), row("ann")], by=ME)
    assert [step.known for step in outcome.steps] == [True, False, False]
    assert used(ledger, "ann") == 8
    with pytest.raises(StepsRefused) as refused:
        ledger.execute_all([row("ann", "d"), row("ann", "c", b"another body")], by=ME)
    assert {index: error.code for index, error in refused.value.refusals.items()} == {1: "duplicate_idempotency_key"}
    assert not ledger.execute_all([row("ann", "d")], by=ME).steps[0].known


def test_a_batch_of_rows_is_replayed_whole(ledger: Ledger) -> None:
    for name in ("ann", "bob"):
        open_customer(ledger, name, messages=100)
    steps = [row("ann"), row("bob"), row("ann"), Step(CustomerAddress("bob"), Track("messages", value=Decimal(0)))]
    first = ledger.execute_all(steps, by=ME, once=once("whole"))
    ledger.execute_all(steps, by=ME)
    assert ledger.execute_all(steps, by=ME, once=once("whole")) == first._replace(replayed=True)


# --- time -------------------------------------------------------------------------------------------------


def test_a_command_happens_at_the_instant_its_caller_names(ledger: Ledger) -> None:
    then = datetime(2020, 2, 1, tzinfo=UTC)
    ledger.execute(OpeningAddress("ann", None), CreateCustomer("ann"), by=ME, business_now=then)
    outcome = ledger.execute(
        CustomerAddress("ann"), GrantBalance("messages", included=TWO), by=ME, business_now=then + timedelta(days=3)
    )
    assert outcome.now == then + timedelta(days=3)
    assert ledger.look(CustomerAddress("ann"), by=ME).state.clock == outcome.now


def test_a_clock_is_not_moved_by_a_command_that_is_refused(ledger: Ledger) -> None:
    then = datetime(2020, 2, 1, tzinfo=UTC)
    ledger.execute(OpeningAddress("ann", None), CreateCustomer("ann"), by=ME, business_now=then)
    with pytest.raises(Refusal):
        ledger.execute(CustomerAddress("ann"), Track("nothing"), by=ME, business_now=then + timedelta(days=300))
    with pytest.raises(Refusal):
        ledger.execute(CustomerAddress("ann"), MoveClock(), by=ME, business_now=then - timedelta(days=1))
    assert ledger.look(CustomerAddress("ann"), by=ME).state.clock == then


def test_time_is_real_in_a_live_ledger(store: Store) -> None:
    live = open_ledger(store, "live", Env.LIVE)
    open_customer(live, "ann")
    with pytest.raises(LiveClock):
        live.execute(CustomerAddress("ann"), MoveClock(), by=ME, business_now=datetime(2030, 1, 1, tzinfo=UTC))


def test_what_fell_due_stays_when_the_command_is_refused(ledger: Ledger, store: Store) -> None:
    then = datetime(2020, 1, 1, tzinfo=UTC)
    ledger.execute(OpeningAddress("ann", None), CreateCustomer("ann"), by=ME, business_now=then)
    grant = GrantBalance("messages", included=TWO, expires_at=then + timedelta(days=2))
    ledger.execute(CustomerAddress("ann"), grant, by=ME)
    moved = ledger.execute(CustomerAddress("ann"), MoveClock(), by=ME, business_now=then + timedelta(days=5))
    assert moved.state.clock == then + timedelta(days=5)
    assert moved.state.grants == {}
    with store.pool.connection() as conn:
        rows = conn.execute("SELECT type, actor, at FROM events ORDER BY position DESC LIMIT 2").fetchall()
    assert rows == [
        ("clock.moved.v1", "tests", then + timedelta(days=5)),
        ("balance.expired.v1", "clock", then + timedelta(days=2)),
    ]


def test_a_long_catching_up_is_spread_over_bounded_transactions(database_url: str) -> None:
    batches: list[int] = []
    store = Store(
        database_url,
        operator_key=OPERATOR_KEY,
        tuning=Tuning(batch_events=10),
        observe=lambda done: batches.append(done.events),
    )
    try:
        ledger = open_ledger(store, "main")
        open_customer(ledger, "ann")
        soon = datetime.now(UTC) + timedelta(seconds=1)
        grants = [
            Step(
                CustomerAddress("ann"),
                GrantBalance("messages", included=TWO, balance_id=f"b{index}", expires_at=soon + index * MILLISECOND),
            )
            for index in range(35)
        ]
        ledger.execute_all(grants, by=ME)
        time.sleep(1.1)
        with pytest.raises(Refusal):
            ledger.execute(CustomerAddress("ann"), Track("nothing"), by=ME)
        deadline = time.monotonic() + 5
        while batches[-4:] != [10, 10, 10, 5] and time.monotonic() < deadline:
            time.sleep(0.01)  # whoever measures is told after the callers
        assert batches[-4:] == [10, 10, 10, 5]
        assert ledger.look(CustomerAddress("ann"), by=ME).state.grants == {}
    finally:
        store.close()
