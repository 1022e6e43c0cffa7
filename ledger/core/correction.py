"""Corrections with a trail: taking back the effect of an event, and usage brought into a period that has closed."""

from typing import Final

from ledger.core.decider import Ask, Command
from ledger.core.events import Event

REVERSED: Final = "reversed"
"""The kind of the claim that lets an event's effect be taken back once."""


class Reverse(Command, frozen=True):
    """Take back the effect that the event at a position of the ledger had on balances; `event` is that event."""

    position: int
    version: int
    event: Event

    def asks(self) -> list[Ask]:
        return [Ask(REVERSED, str(self.position))]
