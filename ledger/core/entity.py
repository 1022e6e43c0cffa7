"""Entities: the teams inside a customer, each holding one unit of its feature (reference §2.12)."""

from collections.abc import Sequence
from typing import ClassVar, Final

from ledger.core.balances.deduction import Overage, give_back, take
from ledger.core.balances.limiting import NewControls, first_controls
from ledger.core.balances.standing import held
from ledger.core.decider import Command, Context
from ledger.core.errors import EntityExists, InvalidInput, LimitReached
from ledger.core.events import (
    Ended,
    EntityCreated,
    EntityDeleted,
    Event,
    PlanExpired,
    PlanUnscheduled,
)
from ledger.core.money import ONE
from ledger.core.sealed import Sealed
from ledger.core.state import Customer
from ledger.core.terms import FeatureKind

MAX_ENTITIES: Final = 10_000


class CreateEntity(Command, frozen=True):
    waits_as: ClassVar[str | None] = "create_entity"
    entity_id: str
    feature_id: str
    name: str | None = None
    controls: NewControls | None = None


class DeleteEntity(Command, frozen=True):
    """Free the entity's unit; its plans end and its balances go with it."""

    waits_as: ClassVar[str | None] = "delete_entity"

    entity_id: str


def decide_create(customer: Customer, command: CreateEntity, context: Context) -> Sequence[Event]:
    """Answer a new entity with its event, or refuse it."""
    feature = context.catalog.feature(command.feature_id)
    if feature.kind is not FeatureKind.ALLOCATED:
        raise InvalidInput(
            f"feature_id {feature.feature_id} is {feature.kind.value}: an entity belongs to a non-consumable metered"
            " feature, such as seats"
        )
    if command.entity_id in customer.entities:
        raise EntityExists(command.entity_id)
    if len(customer.entities) >= MAX_ENTITIES:
        raise LimitReached("entities", MAX_ENTITIES)
    grants = [each for each in held(customer.grants.values(), feature.feature_id, None) if each.terms.entity_id is None]
    allocations, _ = take(grants, ONE, Overage.OVERFLOW)
    name = Sealed(command.name) if command.name is not None else None
    created = EntityCreated(command.entity_id, feature.feature_id, name, context.now, tuple(allocations))
    if command.controls is None:
        return [created]
    return [created, *first_controls(command.controls, context, command.entity_id)]


def decide_delete(customer: Customer, command: DeleteEntity, context: Context) -> Sequence[Event]:
    """Answer a deletion with the end of the entity's plans and of the entity."""
    entity = customer.entity(command.entity_id)
    events: list[Event] = []
    for subscription in customer.subscriptions.values():
        if subscription.entity_id != entity.entity_id:
            continue
        key = subscription.subscription_id
        ended = PlanExpired(key, context.now, Ended.ENTITY_DELETED, subscription.canceled_at)
        events.append(ended if subscription.active else PlanUnscheduled(key))
    grants = [each for each in held(customer.grants.values(), entity.feature_id, None) if each.terms.entity_id is None]
    allocations, _ = give_back(grants, ONE, Overage.CAP)
    return [*events, EntityDeleted(entity.entity_id, entity.feature_id, tuple(allocations))]
