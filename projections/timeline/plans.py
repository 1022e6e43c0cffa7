"""Sentences about the plans of a customer."""

from collections.abc import Mapping
from typing import Any

from ledger.core.events import (
    Ended,
    Event,
    PlanActivated,
    PlanAttached,
    PlanCanceled,
    PlanExpired,
    PlanRenewed,
    PlanScheduled,
    PlanUncanceled,
    PlanUnscheduled,
    QuantityChanged,
)
from ledger.core.money import subtract
from projections.timeline.standing import Memo, Named
from projections.timeline.telling import Tell, Told, features_of, given, instant, number, of_entity, plan_of

WHY_ENDED: Mapping[Ended, str] = {
    Ended.CANCELED: "it was canceled",
    Ended.REPLACED: "another plan took its place",
    Ended.ENTITY_DELETED: "its entity was deleted",
    Ended.ENDED: "its time was up",
}


def _attached(event: PlanAttached, before: Memo, after: Memo) -> Told:
    replaced = before.plans.get(event.replaces) if event.replaces else None
    in_place = "" if replaced is None else f" in place of {replaced.name}"
    how = " as the default" if event.default else ""
    return Told(
        f"attached {event.plan.name}{in_place}{of_entity(event.entity_id)}{how}",
        None if replaced is None else _plan(replaced),
        {
            **_plan(plan_of(after, event.subscription_id)),
            "status": "active",
            **_quantities(event),
            "period_end": event.period_end,
        },
        features_of(event.grants),
        event.entity_id,
        event.plan.plan_id,
        links=given({"subscription_id": event.subscription_id, "replaces": event.replaces}),
    )


def _scheduled(event: PlanScheduled, before: Memo, after: Memo) -> Told:
    replaced = before.plans.get(event.replaces) if event.replaces else None
    in_place = "" if replaced is None else f" after {replaced.name}"
    return Told(
        f"scheduled {event.plan.name}{in_place}{of_entity(event.entity_id)} to start on {instant(event.starts_at)}",
        None if replaced is None else _plan(replaced),
        {
            **_plan(plan_of(after, event.subscription_id)),
            "status": "scheduled",
            **_quantities(event),
            "starts_at": event.starts_at,
        },
        [item.feature_id for item in event.plan.items],
        event.entity_id,
        event.plan.plan_id,
        links=given({"subscription_id": event.subscription_id, "replaces": event.replaces}),
    )


def _activated(event: PlanActivated, before: Memo, _after: Memo) -> Told:
    return _about(
        before,
        event.subscription_id,
        "started {plan} as scheduled",
        {"status": "scheduled"},
        {"status": "active", "started_at": event.started_at, "period_end": event.period_end},
        features_of(event.grants),
    )


def _unscheduled(event: PlanUnscheduled, before: Memo, _after: Memo) -> Told:
    return _about(before, event.subscription_id, "called off the start of {plan}", {"status": "scheduled"}, None)


def _canceled(event: PlanCanceled, before: Memo, _after: Memo) -> Told:
    return _about(
        before,
        event.subscription_id,
        f"canceled {{plan}} from {instant(event.expires_at)} on",
        {"status": "active"},
        {"status": "active", "canceled_at": event.canceled_at, "expires_at": event.expires_at},
    )


def _uncanceled(event: PlanUncanceled, before: Memo, _after: Memo) -> Told:
    was = given({"expires_at": event.expires_at_before})
    return _about(before, event.subscription_id, "took back the cancellation of {plan}", was, {"status": "active"})


def _expired(event: PlanExpired, before: Memo, _after: Memo) -> Told:
    grants = [each.terms for each in before.grants.values() if each.terms.subscription_id == event.subscription_id]
    return _about(
        before,
        event.subscription_id,
        f"ended {{plan}}, because {WHY_ENDED[event.cause]}",
        {"status": "active"},
        {"status": "expired", "expired_at": event.expired_at},
        features_of(grants),
    )


def _renewed(event: PlanRenewed, before: Memo, _after: Memo) -> Told:
    return _about(
        before,
        event.subscription_id,
        f"renewed {{plan}} until {instant(event.period_end)}",
        {"period_end": event.period_start},
        {"period_start": event.period_start, "period_end": event.period_end},
    )


def _quantity(event: QuantityChanged, before: Memo, _after: Memo) -> Told:
    told = _about(
        before,
        event.subscription_id,
        f"changed {event.feature_id} in {{plan}} from {number(event.before)} to {number(event.after)}",
        {"quantity": event.before},
        {"quantity": event.after},
        [event.feature_id],
    )
    return told._replace(amount=subtract(event.after, event.before))


def _about(
    memo: Memo, subscription_id: str, phrase: str, before: Any, after: Any, feature_ids: list[str] | None = None
) -> Told:
    plan = plan_of(memo, subscription_id)
    # The name is put in last and as it is: it may hold braces of its own.
    words = phrase.replace("{plan}", f"{plan.name}{of_entity(plan.entity_id)}", 1)
    links = {"subscription_id": subscription_id}
    return Told(words, before, after, feature_ids or [], plan.entity_id, plan.plan_id, links=links)


def _plan(plan: Named) -> dict[str, Any]:
    return {"plan_id": plan.plan_id, "version": plan.version}


def _quantities(event: PlanAttached | PlanScheduled) -> dict[str, Any]:
    found = {each.feature_id: each.quantity for each in event.quantities}
    return {"quantities": found} if found else {}


SENTENCES: Mapping[type[Event], Tell] = {
    PlanAttached: _attached,
    PlanScheduled: _scheduled,
    PlanActivated: _activated,
    PlanUnscheduled: _unscheduled,
    PlanCanceled: _canceled,
    PlanUncanceled: _uncanceled,
    PlanExpired: _expired,
    PlanRenewed: _renewed,
    QuantityChanged: _quantity,
}
