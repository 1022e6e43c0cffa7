"""A second opinion: the rows that a ledger's events amount to, worked out from their JSON in the plainest way.

It shares no code with the core or the projections: dictionaries, changed in place, one event after the other.
"""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

Fields = dict[str, Any]
Place = tuple[UUID, str]


def number(text: str | None) -> Decimal:
    return Decimal(0) if text is None else Decimal(text)


class Naive:
    """What a ledger's tables must hold after the events it was told."""

    def __init__(self) -> None:
        self.customers: dict[UUID, tuple[str | None, bool]] = {}
        self.entities: set[Place] = set()
        self.plans: dict[Place, str] = {}
        self.balances: dict[Place, Fields] = {}
        self.tracked = Decimal(0)
        self.dropped = Decimal(0)
        self.deducted = Decimal(0)
        self.position = 0

    def tell(self, position: int, stream: UUID, name: str, state: bytes) -> None:
        """Take in the next event."""
        assert position == self.position + 1
        self.position = position
        event = json.loads(state)
        tell: Callable[[UUID, Fields], None] | None = getattr(
            self, "_" + name.rpartition(".")[0].replace(".", "_"), None
        )
        if tell is not None:
            tell(stream, event)

    def balance_rows(self) -> dict[Place, tuple[str, Decimal, Decimal]]:
        """Status, granted and remaining of every balance, ended ones too."""
        return {
            place: (each["status"], each["included"] + each["prepaid"], each["left"])
            for place, each in self.balances.items()
        }

    def _customer_created(self, stream: UUID, event: Fields) -> None:
        self.customers[stream] = (event["customer_id"], True)

    def _customer_updated(self, stream: UUID, event: Fields) -> None:
        new_id = event.get("customer_id_after")
        if new_id is not None:
            self.customers[stream] = (new_id, True)

    def _customer_deleted(self, stream: UUID, event: Fields) -> None:
        self.customers[stream] = (self.customers[stream][0], False)
        assert event["customer_id"] == self.customers[stream][0]

    def _entity_created(self, stream: UUID, event: Fields) -> None:
        self.entities.add((stream, event["entity_id"]))
        self._take(stream, event.get("allocations", []))
        for terms in event.get("grants", []):
            self._open(stream, terms)

    def _entity_deleted(self, stream: UUID, event: Fields) -> None:
        self.entities.remove((stream, event["entity_id"]))
        for place, each in list(self.balances.items()):
            if place[0] == stream and each["entity"] == event["entity_id"] and each["status"] == "active":
                del self.balances[place]
        self._take(stream, event.get("allocations", []))

    def _plan_attached(self, stream: UUID, event: Fields) -> None:
        self.plans[stream, event["subscription_id"]] = "active"
        for terms in event["grants"]:
            self._open(stream, terms)

    def _plan_activated(self, stream: UUID, event: Fields) -> None:
        assert self.plans[stream, event["subscription_id"]] == "scheduled"
        self._plan_attached(stream, event)

    def _plan_scheduled(self, stream: UUID, event: Fields) -> None:
        self.plans[stream, event["subscription_id"]] = "scheduled"

    def _plan_unscheduled(self, stream: UUID, event: Fields) -> None:
        assert self.plans.pop((stream, event["subscription_id"])) == "scheduled"

    def _plan_expired(self, stream: UUID, event: Fields) -> None:
        ended = event["subscription_id"]
        assert self.plans[stream, ended] == "active"
        self.plans[stream, ended] = "expired"
        for (owner, _), each in self.balances.items():
            if owner == stream and each["plan"] == ended:
                each["status"] = "expired"

    def _quantity_changed(self, stream: UUID, event: Fields) -> None:
        each = self.balances[stream, event["grant_id"]]
        more = number(event["prepaid_after"]) - each["prepaid"]
        assert each["prepaid"] == number(event["prepaid_before"])
        each["prepaid"] += more
        each["left"] += more

    def _usage_recorded(self, stream: UUID, event: Fields) -> None:
        taken = self._take(stream, event.get("allocations", []))
        value, dropped = number(event["value"]), number(event.get("dropped"))
        assert value == taken + dropped
        self.tracked += value
        self.dropped += dropped
        self.deducted += taken

    def _balance_granted(self, stream: UUID, event: Fields) -> None:
        if event.get("terms") is not None:
            self._open(stream, event["terms"])
        else:
            self._put(stream, event["grant_id"], event["before"], event["after"])

    def _balance_set(self, stream: UUID, event: Fields) -> None:
        for grant_id, before, after in event["changes"]:
            self._put(stream, grant_id, before, after)

    def _balance_deducted(self, stream: UUID, event: Fields) -> None:
        self._balance_set(stream, event)
        assert sum(number(b[1]) - number(a[1]) for _, b, a in event["changes"]) == number(event["amount"])

    def _balance_deleted(self, stream: UUID, event: Fields) -> None:
        del self.balances[stream, event["grant_id"]]

    def _balance_expired(self, stream: UUID, event: Fields) -> None:
        self.balances[stream, event["grant_id"]]["status"] = "expired"

    def _balance_reset(self, stream: UUID, event: Fields) -> None:
        each = self.balances[stream, event["grant_id"]]
        assert each["left"] == number(event["before"][1])
        each["left"] = each["included"] + each["prepaid"]
        assert each["left"] == number(event["after"][1])

    def _open(self, stream: UUID, terms: Fields) -> None:
        place = (stream, terms["grant_id"])
        assert place not in self.balances
        included, prepaid = number(terms.get("included")), number(terms.get("prepaid"))
        self.balances[place] = {
            "status": "active",
            "included": included,
            "prepaid": prepaid,
            "left": included + prepaid - number(terms.get("used")),
            "entity": terms.get("entity_id"),
            "plan": terms.get("subscription_id"),
        }

    def _put(self, stream: UUID, grant_id: str, before: list[str], after: list[str]) -> None:
        each = self.balances[stream, grant_id]
        assert [each["included"] + each["prepaid"], each["left"]] == [number(part) for part in before]
        each["included"], each["left"] = number(after[0]) - each["prepaid"], number(after[1])

    def _take(self, stream: UUID, allocations: list[list[str]]) -> Decimal:
        taken = Decimal(0)
        for grant_id, amount in allocations:
            each = self.balances[stream, grant_id]
            assert each["status"] == "active"
            each["left"] -= number(amount)
            taken += number(amount)
        return taken
