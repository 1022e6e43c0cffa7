"""How uses fold: the one event of which there are many, and most of them move a balance and nothing else."""

from decimal import Decimal

import msgspec

from ledger.core.balances import balance, limits
from ledger.core.events import UsageRecorded
from ledger.core.money import subtract
from ledger.core.state import Customer
from ledger.core.time.falling_due import due_after_use


def used(state: Customer, event: UsageRecorded) -> Customer:
    """Fold one use. Only where it wakes or idles a grant may something else fall due next."""
    if event.opened or event.drawn or event.counted:
        return used_plainly(state, event)
    grants = dict(state.grants)
    for each in event.allocations:
        grant = grants[each.grant_id]
        remaining = subtract(grant.balance, each.amount)
        if grant.granted in (grant.balance, remaining):
            return used_plainly(state, event)
        grants[each.grant_id] = balance.with_balance(grant, remaining)
    return msgspec.structs.replace(state, version=state.version + 1, grants=grants)


def used_plainly(state: Customer, event: UsageRecorded) -> Customer:
    """Fold any use, without a short cut."""
    grants = balance.evolve(state.grants, event)
    windows = limits.evolve(state.windows, event.counted) if event.counted else state.windows
    after = msgspec.structs.replace(state, version=state.version + 1, grants=grants, windows=windows)
    for each in event.allocations:
        before = state.grants[each.grant_id]
        if before.granted in (before.balance, grants[each.grant_id].balance):
            due_at = due_after_use(state, after, iter(each.grant_id for each in event.allocations))
            return msgspec.structs.replace(after, due_at=due_at)
    return after


class Run:
    """Uses that follow one another: each balance that they take from is made anew once, at the end."""

    __slots__ = ("_count", "_grants", "_moved", "_state")

    def __init__(self, state: Customer) -> None:
        self._state, self._grants, self._count = state, state.grants, 0
        # Of each grant that was taken from: what remains, and what was granted.
        self._moved: dict[str, tuple[Decimal, Decimal]] = {}

    def takes(self, event: UsageRecorded) -> bool:
        """Fold a use in. False, with nothing folded, for one that moves more than the balance of one grant."""
        if event.opened or event.drawn or event.counted or len(event.allocations) != 1:
            return False
        (allocation,) = event.allocations
        key = allocation.grant_id
        if key in self._moved:
            before, granted = self._moved[key]
        else:
            before, granted = (grant := self._grants[key]).balance, grant.granted
        remaining = subtract(before, allocation.amount)
        if granted in (before, remaining):
            return False
        self._moved[key] = remaining, granted
        self._count += 1
        return True

    def end(self) -> Customer:
        """The state after all of them."""
        if not self._count:
            return self._state
        grants = dict(self._grants)
        for key, (remaining, _) in self._moved.items():
            grants[key] = balance.with_balance(grants[key], remaining)
        return msgspec.structs.replace(self._state, version=self._state.version + self._count, grants=grants)
