"""Entities: the teams inside a customer, each holding one unit of its feature (reference §2.12)."""

from collections.abc import Sequence
from typing import ClassVar, Final

from ledger.core.balances.deduction import Overage, bought_ahead_seats, give_back, take
from ledger.core.balances.entitlement import Granting, reset_anchor
from ledger.core.balances.limiting import NewControls, first_controls
from ledger.core.balances.standing import held
from ledger.core.decider import Command, Context
from ledger.core.draft import Draft
from ledger.core.errors import EntityExists, InsufficientBalance, InvalidInput, LimitReached
from ledger.core.events import (
    Ended,
    EntityCreated,
    EntityDeleted,
    Event,
    GrantTerms,
    PlanExpired,
    PlanUnscheduled,
)
from ledger.core.invoices.invoicing import accrue
from ledger.core.invoices.lines import overage_of
from ledger.core.money import ONE, ZERO
from ledger.core.sealed import Sealed
from ledger.core.state import Customer, Entity
from ledger.core.terms import FeatureKind

ENTITY: Final = "entity"  # the kind of claim: an entity's id, unique within its customer
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
    if take(grants, ONE, Overage.CAP)[1] and any(bought_ahead_seats(each) for each in grants):
        raise InsufficientBalance(feature.feature_id, ONE, ZERO)
    allocations, _ = take(grants, ONE, Overage.OVERFLOW)
    name = Sealed(command.name) if command.name is not None else None
    own = tuple(_own_grants(customer, command, context))
    created = EntityCreated(command.entity_id, feature.feature_id, name, context.now, tuple(allocations), own)
    if command.controls is None:
        return [created]
    return [created, *first_controls(command.controls, context, command.entity_id)]


def _own_grants(customer: Customer, command: CreateEntity, context: Context) -> list[GrantTerms]:
    """The balances that an entity gets of plans that its customer is on, of items for each entity of its feature."""
    found: list[GrantTerms] = []
    for each in customer.subscriptions.values():
        if each.active and each.entity_id is None:
            granting = Granting(
                customer, each.subscription_id, each.plan, None, context.settings.zone, customer.version + 1
            )
            anchor = reset_anchor(customer, each)
            found += granting.to_entity(command.entity_id, command.feature_id, anchor, context.now, len(found))
    return found


def decide_delete(customer: Customer, command: DeleteEntity, context: Context) -> Sequence[Event]:
    """Answer a deletion with the end of the entity's plans and of the entity.

    What it used beyond its own balances of a plan that goes on is owed, and billed with the plan's next invoice.
    """
    entity = customer.entity(command.entity_id)
    events: list[Event] = list(_owed(customer, entity, context))
    for subscription in customer.subscriptions.values():
        if subscription.entity_id != entity.entity_id:
            continue
        key = subscription.subscription_id
        ended = PlanExpired(key, context.now, Ended.ENTITY_DELETED, subscription.canceled_at)
        events.append(ended if subscription.active else PlanUnscheduled(key))
    grants = [each for each in held(customer.grants.values(), entity.feature_id, None) if each.terms.entity_id is None]
    allocations, _ = give_back(grants, ONE, Overage.CAP)
    return [*events, EntityDeleted(entity.entity_id, entity.feature_id, tuple(allocations))]


def _owed(customer: Customer, entity: Entity, context: Context) -> Sequence[Event]:
    draft = Draft(customer, context)
    for grant in customer.grants.values():
        plan = customer.subscriptions.get(grant.terms.subscription_id or "")
        if grant.terms.entity_id != entity.entity_id or plan is None or plan.entity_id is not None:
            continue
        line = overage_of(customer, plan, grant)
        if line is not None and line.amount_minor:
            accrue(draft, line)
    return draft.events
