"""A machine that asks in every order: two writers, customers on moving clocks, restarts and replays."""

from datetime import datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ledger.core.decider import Command
from ledger.core.profile import CreateCustomer, DeleteCustomer, MoveClock, UpdateCustomer
from ledger.store.ledger import Once
from tests.core.offers import START
from tests.core.test_laws import commands, tracks
from tests.properties.world import World

writers = st.integers(0, 1)
names = st.sampled_from(["ann", "bo", "cy"])
days = st.sampled_from([0.0, 0.01, 1.0, 9.0, 31.0, 70.0])


class TwoWriters(RuleBasedStateMachine):
    """Its invariants are the product's promise. Whoever runs it says where its world is."""

    def make_world(self) -> World:
        raise NotImplementedError

    def __init__(self) -> None:
        super().__init__()
        self.world = self.make_world()
        self.now: datetime = START
        self.keys = 0

    def teardown(self) -> None:
        try:
            self.world.check_memories()
            self.world.check_rows()
            self.world.check_replay()
        finally:
            self.world.close()

    def ask(self, writer: int, customer_id: str, command: Command, *, once: Once | None = None) -> None:
        asked = self.world.submit(writer, customer_id, command, self.now, once)
        self.world.settle(command, asked)

    @initialize(writer=writers)
    def somebody_is_there(self, writer: int) -> None:
        self.ask(writer, "ann", CreateCustomer("ann"))
        self.ask(writer, "bo", CreateCustomer("bo", plan_id="pro"))

    @rule(writer=writers, name=names)
    def somebody_comes(self, writer: int, name: str) -> None:
        self.ask(writer, name, CreateCustomer(name, name.title(), f"{name}@example.com"))

    @rule(writer=writers, name=names, command=commands)
    def something_is_asked(self, writer: int, name: str, command: Command) -> None:
        self.ask(writer, name, command)

    @rule(name=names, asked=st.lists(st.tuples(writers, st.one_of(tracks, commands)), min_size=2, max_size=12))
    def much_is_asked_at_once(self, name: str, asked: list[tuple[int, Command]]) -> None:
        waiting = [(command, self.world.submit(writer, name, command, self.now)) for writer, command in asked]
        for command, future in waiting:
            self.world.settle(command, future)

    @rule(writer=writers, name=names, command=commands)
    def the_same_is_asked_twice_under_one_key(self, writer: int, name: str, command: Command) -> None:
        self.keys += 1
        once = Once(f"key-{self.keys}", "machine", "verb", b"the same request")
        first = self.world.submit(writer, name, command, self.now, once)
        second = self.world.submit(1 - writer, name, command, self.now, once)
        outcomes = [first.exception(30) or first.result(), second.exception(30) or second.result()]
        told = [each for each in outcomes if not isinstance(each, BaseException)]
        assert len(told) in (0, 2)
        if told:
            one, other = sorted(told, key=lambda each: each.replayed)
            assert (one.replayed, other.replayed) == (False, True)
            assert (one.position, one.now, one.events) == (other.position, other.now, other.events)
            assert (one.steps[0].before, one.state) == (other.steps[0].before, other.state)
            self.world.settle(command, first if first.result() is one else second)

    @rule(delta=days)
    def time_goes_by(self, delta: float) -> None:
        self.now += timedelta(days=delta)

    @rule(writer=writers, name=names, delta=days)
    def a_clock_is_moved(self, writer: int, name: str, delta: float) -> None:
        self.now += timedelta(days=delta)
        self.ask(writer, name, MoveClock())

    @rule(writer=writers, name=names, new=names)
    def somebody_is_called_otherwise(self, writer: int, name: str, new: str) -> None:
        self.ask(writer, name, UpdateCustomer({"name": new.title()}, new))

    @precondition(lambda self: self.keys % 3 == 1)
    @rule(writer=writers, name=names)
    def somebody_leaves(self, writer: int, name: str) -> None:
        self.ask(writer, name, DeleteCustomer())

    @rule(writer=writers)
    def a_process_restarts(self, writer: int) -> None:
        self.world.restart(writer)

    @rule()
    def the_writers_are_asked_what_they_remember(self) -> None:
        self.world.check_memories()

    @rule()
    def history_is_replayed(self) -> None:
        self.world.check_replay()

    @invariant()
    def what_is_served_is_what_happened(self) -> None:
        self.world.check_rows()
