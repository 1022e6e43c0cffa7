"""Sentences about the plans of a customer."""

from collections.abc import Mapping
from typing import Any

from ledger.core.events import (
    DiscountRemoved,
    Ended,
    Event,
    PlanActivated,
    PlanAttached,
    PlanCanceled,
    PlanChanged,
    PlanExpired,
    PlanPaidUp,
    PlanPastDue,
    PlanRenewed,
    PlanScheduled,
    PlanUncanceled,
    PlanUnscheduled,
    QuantityChanged,
    QuantityScheduled,
    SeatsKept,
    TrialEnded,
)
from ledger.core.money import subtract
from projections.timeline.memo import Memo, Named
from projections.timeline.telling import Tell, Told, features_of, given, instant, number, plan_of, whose

WHY_ENDED: Mapping[Ended, str] = {
    Ended.CANCELED: "it was canceled",
    Ended.REPLACED: "another plan took its place",
    Ended.ENTITY_DELETED: "its entity was deleted",
    Ended.ENDED: "its time was up",
}


def _attached(event: PlanAttached, before: Memo, after: Memo) -> Told:
    replaced = before.plans.get(event.replaces) if event.replaces else None
    in_place = "" if replaced is None else f" in place of {replaced.name}"
    to = f" to {whose(after, event.entity_id)}"
    how = " as the default" if event.default else ""
    trial = f" on trial until {instant(event.trial_ends_at)}" if event.trial_ends_at else ""
    until = f", to end on {instant(event.expires_at)}" if event.expires_at else ""
    return Told(
        f"attached {event.plan.name}{to}{in_place}{how}{trial}{until}",
        None if replaced is None else _plan(replaced),
        {
            **_plan(plan_of(after, event.subscription_id)),
            "status": "trialing" if event.trial_ends_at else "active",
            "started_at": event.started_at,
            **_quantities(event),
            "period_end": event.period_end,
            **_terms(event),
        },
        features_of(event.grants),
        event.entity_id,
        event.plan.plan_id,
        links=_links(event),
    )


def _scheduled(event: PlanScheduled, before: Memo, after: Memo) -> Told:
    replaced = before.plans.get(event.replaces) if event.replaces else None
    in_place = "" if replaced is None else f" after {replaced.name}"
    starts = "when it is paid" if event.awaits_payment else f"on {instant(event.starts_at)}"
    return Told(
        f"scheduled {event.plan.name} for {whose(after, event.entity_id)}{in_place} to start {starts}",
        None if replaced is None else _plan(replaced),
        {
            **_plan(plan_of(after, event.subscription_id)),
            "status": "scheduled",
            **_quantities(event),
            "starts_at": event.starts_at,
            **_terms(event),
        },
        [item.feature_id for item in event.plan.items],
        event.entity_id,
        event.plan.plan_id,
        links=_links(event),
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
    status = plan_of(before, event.subscription_id).status
    return _about(
        before,
        event.subscription_id,
        f"canceled {{plan}} from {instant(event.expires_at)} on",
        {"status": status},
        {"status": status, "canceled_at": event.canceled_at, "expires_at": event.expires_at},
    )


def _uncanceled(event: PlanUncanceled, before: Memo, _after: Memo) -> Told:
    was = given({"expires_at": event.expires_at_before})
    now = given({"status": plan_of(before, event.subscription_id).status, "expires_at": event.expires_at})
    return _about(before, event.subscription_id, "took back the cancellation of {plan}", was, now)


def _expired(event: PlanExpired, before: Memo, _after: Memo) -> Told:
    grants = [each.terms for each in before.grants.values() if each.terms.subscription_id == event.subscription_id]
    return _about(
        before,
        event.subscription_id,
        f"ended {{plan}}, because {WHY_ENDED[event.cause]}",
        {"status": plan_of(before, event.subscription_id).status},
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
        f"changed {event.feature_id} bought with {{plan}} from {number(event.before)} to {number(event.after)}",
        {"quantity": event.before},
        {"quantity": event.after},
        [event.feature_id],
    )
    return told._replace(amount=subtract(event.after, event.before))


def _quantity_scheduled(event: QuantityScheduled, before: Memo, _after: Memo) -> Told:
    units = f"{number(event.before)} to {number(event.after)}"
    told = _about(
        before,
        event.subscription_id,
        f"scheduled {event.feature_id} bought with {{plan}} to go from {units} at the next renewal",
        {"quantity": event.before},
        {"quantity": event.after},
        [event.feature_id],
    )
    return told._replace(amount=subtract(event.after, event.before))


def _seats_kept(event: SeatsKept, before: Memo, _after: Memo) -> Told:
    told = _about(
        before,
        event.subscription_id,
        f"kept {number(event.after)} freed {event.feature_id} of {{plan}} paid until the period ends",
        {"kept": event.before},
        {"kept": event.after},
        [event.feature_id],
    )
    return told._replace(amount=subtract(event.after, event.before))


def _changed(event: PlanChanged, before: Memo, after: Memo) -> Told:
    was, now = plan_of(before, event.subscription_id), plan_of(after, event.subscription_id)
    if was.version != now.version:
        did = f"moved {{plan}} from version {was.version} to version {now.version}"
    elif event.plan.custom:
        did = "gave {plan} terms of its own"
    else:
        did = "changed the terms of {plan}"
    trial = f", on trial until {instant(event.trial_ends_at)}" if event.trial_ends_at else ""
    ended = [before.grants[key].feature_id for key in event.ended if key in before.grants]
    features = list(dict.fromkeys([*features_of(event.grants), *ended]))
    terms = {**_plan(now), **_quantities(event), "period_end": event.period_end, **_terms(event)}
    told = _about(before, event.subscription_id, f"{did}{trial}", _plan(was), terms, features)
    links = {"subscription_id": event.subscription_id, "ended": list(event.ended)}
    return told._replace(links=given({**links, "grants": [each.grant_id for each in event.grants]}))


def _trial_ended(event: TrialEnded, before: Memo, _after: Memo) -> Told:
    return _about(
        before,
        event.subscription_id,
        "ended the trial of {plan}, which is paid for from now on",
        {"status": "trialing"},
        {"status": "active", "period_start": event.period_start, "period_end": event.period_end},
    )


def _past_due(event: PlanPastDue, before: Memo, _after: Memo) -> Told:
    found = before.invoices.get(event.invoice_id)
    if found is None:  # what is open is remembered: the invoice is not of this ledger
        words = "marked {plan} as past due, as it was in another system"
        return _about(before, event.subscription_id, words, {"past_due": False}, {"past_due": True})
    invoice = "its invoice" if found.number is None else f"invoice {found.number}"
    words = f"marked {{plan}} as past due, because {invoice} was not paid"
    told = _about(before, event.subscription_id, words, {"past_due": False}, {"past_due": True})
    return told._replace(links={"subscription_id": event.subscription_id, "invoice_id": event.invoice_id})


def _paid_up(event: PlanPaidUp, before: Memo, _after: Memo) -> Told:
    words = "marked {plan} as paid up"
    return _about(before, event.subscription_id, words, {"past_due": True}, {"past_due": False})


def _discount_removed(event: DiscountRemoved, before: Memo, _after: Memo) -> Told:
    told = _about(
        before,
        event.subscription_id,
        f"ended discount {event.discount_id} on {{plan}}",
        {"discount_id": event.discount_id},
        None,
    )
    return told._replace(links={"subscription_id": event.subscription_id, "discount_id": event.discount_id})


def _about(
    memo: Memo, subscription_id: str, phrase: str, before: Any, after: Any, feature_ids: list[str] | None = None
) -> Told:
    plan = plan_of(memo, subscription_id)
    # The name is put in last and as it is: it may hold braces of its own.
    words = phrase.replace("{plan}", f"{plan.name} of {whose(memo, plan.entity_id)}", 1)
    links = {"subscription_id": subscription_id}
    return Told(words, before, after, feature_ids or [], plan.entity_id, plan.plan_id, links=links)


def _links(event: PlanAttached | PlanScheduled) -> dict[str, Any] | None:
    names = {"subscription_id": event.subscription_id, "external_id": event.external_id, "replaces": event.replaces}
    return given(names)


def _plan(plan: Named) -> dict[str, Any]:
    return {"plan_id": plan.plan_id, "version": plan.version}


def _terms(event: PlanAttached | PlanScheduled | PlanChanged) -> dict[str, Any]:
    """The end of a trial, an end that was agreed and discounts, where there are any."""
    trial_ends_at = None if isinstance(event, PlanScheduled) else event.trial_ends_at
    found = {
        "trial_ends_at": trial_ends_at,
        "expires_at": event.expires_at,
        "discounts": [each.discount_id for each in event.discounts] or None,
    }
    return {key: value for key, value in found.items() if value is not None}


def _quantities(event: PlanAttached | PlanScheduled | PlanChanged) -> dict[str, Any]:
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
    QuantityScheduled: _quantity_scheduled,
    SeatsKept: _seats_kept,
    PlanChanged: _changed,
    TrialEnded: _trial_ended,
    PlanPastDue: _past_due,
    PlanPaidUp: _paid_up,
    DiscountRemoved: _discount_removed,
}
