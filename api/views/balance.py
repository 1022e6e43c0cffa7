"""Balances on the wire: the sums over a feature's grants, and every grant with where it stands."""

from collections.abc import Iterable

from api.ids import BALANCE, shown_local
from api.views.feature import feature
from api.views.plan import price_terms
from api.views.shapes import Json, Scene, every
from api.wire import limits
from api.wire.json import MILLISECOND
from ledger.core.balances.balance import Grant
from ledger.core.balances.controls import effective
from ledger.core.balances.entitlement import window
from ledger.core.balances.standing import held, standing
from ledger.core.events import Event, UsageRecorded
from ledger.core.money import ZERO


def balances(scene: Scene, entity_id: str | None) -> Json:
    """Every metered feature that is held, by feature id."""
    found = {
        feature_id: balance(scene, feature_id, entity_id) for feature_id in _features(scene, entity_id, boolean=False)
    }
    return {feature_id: shown for feature_id, shown in found.items() if shown is not None}


def flags(scene: Scene, entity_id: str | None) -> Json:
    """Every boolean feature that is held, by feature id."""
    found = {feature_id: flag(scene, feature_id, entity_id) for feature_id in _features(scene, entity_id, boolean=True)}
    return {feature_id: shown for feature_id, shown in found.items() if shown is not None}


def _features(scene: Scene, entity_id: str | None, *, boolean: bool) -> Iterable[str]:
    grants = scene.customer.grants.values()
    seen = (g for g in grants if g.boolean is boolean and (entity_id is None or g.terms.entity_id in (None, entity_id)))
    return dict.fromkeys(grant.feature_id for grant in seen)


def _held(scene: Scene, feature_id: str, entity_id: str | None) -> list[Grant]:
    reverse = scene.settings.reverse_deduction_order
    return held(scene.customer.grants.values(), feature_id, entity_id, longest_first=reverse)


def balance(scene: Scene, feature_id: str, entity_id: str | None) -> Json | None:
    """What a customer, or an entity of it, holds of a metered feature; None when it holds none.

    The sums count leftovers of past periods, which are under `rollovers`; `breakdown` has the balances they are from.
    """
    grants = _held(scene, feature_id, entity_id)
    if not grants or grants[0].boolean:
        return None
    sums = standing(grants, scene.now, scene.zone)
    said = effective(scene.customer, entity_id).overage_allowed.get(feature_id)
    shown: Json = {
        "feature_id": feature_id,
        "granted": sums.granted,
        "remaining": sums.remaining,
        "usage": sums.usage,
        "unlimited": sums.unlimited,
        "overage_allowed": sums.overage_allowed if said is None else said.enabled,
        "max_purchase": sums.max_purchase,
        "next_reset_at": sums.next_reset_at,
        "breakdown": [part(scene, grant) for grant in grants if grant.terms.rollover_of is None],
    }
    leftovers = [rollover(grant) for grant in grants if grant.terms.rollover_of is not None]
    if leftovers:
        shown["rollovers"] = leftovers
    if "balances.feature" in scene.expand and feature_id in scene.catalog.features:
        shown["feature"] = feature(scene.catalog.features[feature_id])
    return shown


def rollover(grant: Grant) -> Json:
    """What is left of a past period. Units that never expire show the last instant there is on the wire."""
    return {
        "granted": grant.granted,
        "balance": max(ZERO, grant.balance),
        "expires_at": grant.expires_at or limits.LATEST - MILLISECOND,
    }


def drawn_on(scene: Scene, feature_id: str, entity_id: str | None) -> dict[str, Json]:
    """The balances that a use of a feature draws on and that are held, by feature: its own, then credits."""
    systems = scene.catalog.systems.get(feature_id, ())
    found = {each: balance(scene, each, entity_id) for each in (feature_id, *systems)}
    return {each: shown for each, shown in found.items() if shown is not None}


def flag(scene: Scene, feature_id: str, entity_id: str | None) -> Json | None:
    """A boolean feature that is held; None when it is not."""
    grants = _held(scene, feature_id, entity_id)
    if not grants or not grants[0].boolean:
        return None
    grant = grants[0]
    shown: Json = {
        "id": grant_id(scene, grant),
        "plan_id": grant.terms.plan_id,
        "expires_at": grant.expires_at,
        "feature_id": feature_id,
    }
    if "flags.feature" in scene.expand and feature_id in scene.catalog.features:
        shown["feature"] = feature(scene.catalog.features[feature_id])
    return shown


def grant_id(scene: Scene, grant: Grant) -> str:
    """The id that names a grant on the wire: the caller's own where one was given."""
    return grant.terms.balance_id or shown_local(BALANCE, scene.stream_id, grant.grant_id)


def part(scene: Scene, grant: Grant) -> Json:
    """One grant inside a balance."""
    terms = grant.terms
    return {
        "id": grant_id(scene, grant),
        "plan_id": terms.plan_id,
        "included_grant": grant.included,
        "prepaid_grant": grant.prepaid,
        "remaining": grant.balance if grant.balance > ZERO else ZERO,
        "usage": grant.used,
        "unlimited": terms.unlimited,
        "reset": reset(scene, grant),
        "price": price_terms(terms.price, _currency(scene, grant)) if terms.price else None,
        "expires_at": grant.expires_at,
        "source": "customer" if terms.entity_id is None else "entity",
    }


def _currency(scene: Scene, grant: Grant) -> str:
    """The currency of a grant's price: that of the plan it came with."""
    held = scene.customer.subscriptions.get(grant.terms.subscription_id or "")
    return held.plan.currency if held is not None else scene.currency


def reset(scene: Scene, grant: Grant) -> Json | None:
    """How often a grant is filled again, and when next; counted from its anchor while it is idle."""
    if grant.terms.reset is None:
        return None
    period = window(grant, scene.now, scene.zone)
    return {**every(grant.terms.reset), "resets_at": period.end if period else None}


def deductions(scene: Scene, events: Iterable[Event]) -> list[Json]:
    """What the given uses took from each grant."""
    grants = scene.customer.grants
    return [
        {
            "balance_id": grant_id(scene, grants[each.grant_id]),
            "feature_id": grants[each.grant_id].feature_id,
            "plan_id": grants[each.grant_id].terms.plan_id,
            "reset": reset(scene, grants[each.grant_id]),
            "value": each.amount,
        }
        for event in events
        if isinstance(event, UsageRecorded)
        for each in event.allocations
        if each.grant_id in grants
    ]
