"""A held plan on the wire: a subscription, or a purchase when it is paid once."""

from api.ids import SUBSCRIPTION, shown_local
from api.views.plan import plan
from api.views.shapes import Json, Scene
from ledger.core.money import ONE
from ledger.core.subscriptions.subscription import Subscription


def subscriptions(scene: Scene, entity_id: str | None) -> list[Json]:
    """The plans a customer and its entities are on; for an entity its own and its customer's (reference §2.12)."""
    return [subscription(scene, each) for each in _held(scene, entity_id) if not each.plan.one_off]


def purchases(scene: Scene, entity_id: str | None) -> list[Json]:
    """The plans paid once, in the same scopes."""
    return [purchase(scene, each) for each in _held(scene, entity_id) if each.plan.one_off]


def _held(scene: Scene, entity_id: str | None) -> list[Subscription]:
    everything = scene.customer.subscriptions.values()
    return [each for each in everything if entity_id is None or each.entity_id in (None, entity_id)]


def subscription(scene: Scene, held: Subscription) -> Json:
    """One subscription; its id is the caller's own where one was given."""
    period = held.period(scene.now, scene.zone)
    shown: Json = {
        "id": held.external_id or shown_local(SUBSCRIPTION, scene.stream_id, held.subscription_id),
        "plan_id": held.plan.plan_id,
        "auto_enable": held.default,
        "add_on": held.plan.add_on,
        "status": held.status.value,
        "past_due": held.past_due is not None,
        "canceled_at": held.canceled_at,
        "expires_at": held.expires_at,
        "trial_ends_at": held.trial_ends_at,
        "started_at": held.started_at,
        "current_period_start": period.start if period else None,
        "current_period_end": period.end if period else None,
        "quantity": ONE,
        "scope": "customer" if held.entity_id is None else "entity",
    }
    if "subscriptions.plan" in scene.expand:
        shown["plan"] = plan(held.plan, scene.env, newest=_newest(scene, held))
    return shown


def purchase(scene: Scene, held: Subscription) -> Json:
    """One plan paid once; `expires_at` null is for good."""
    shown: Json = {
        "plan_id": held.plan.plan_id,
        "expires_at": held.expires_at,
        "started_at": held.started_at,
        "quantity": ONE,
        "scope": "customer" if held.entity_id is None else "entity",
    }
    if "purchases.plan" in scene.expand:
        shown["plan"] = plan(held.plan, scene.env, newest=_newest(scene, held))
    return shown


def _newest(scene: Scene, held: Subscription) -> bool:
    versions = scene.catalog.plans.get(held.plan.plan_id, ())
    return bool(versions) and versions[-1].version == held.plan.version
