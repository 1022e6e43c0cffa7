"""Whom a sheet is about, and which of its plans."""

from api.dashboard.paths import customer_path, segment
from api.dashboard.visitor import Visitor
from api.ids import SUBSCRIPTION, shown_local
from api.views.shapes import Scene
from ledger.core.errors import Refusal
from ledger.core.subscriptions.subscription import Subscription
from ledger.store.addresses import CustomerAddress


class PlanNotHeld(Refusal):
    """The plan that a page was about is not there, or not any more."""

    code = "customer_product_not_found"

    def __init__(self, customer_id: str) -> None:
        super().__init__(f"{customer_id} is not on this plan, or not any more: look at its plans again")


def scene_of(visitor: Visitor, customer_id: str) -> Scene:
    """The customer as it is now. Raises `CustomerNotFound`."""
    return visitor.call.scene(visitor.call.look(CustomerAddress(customer_id)))


def held_plan(scene: Scene, customer_id: str, subscription_id: str) -> Subscription:
    """The plan of an id, ours or its caller's own. Raises `PlanNotHeld`."""
    for each in scene.customer.subscriptions.values():
        if subscription_id in (each.external_id, shown_local(SUBSCRIPTION, scene.stream_id, each.subscription_id)):
            return each
    raise PlanNotHeld(customer_id)


def plan_path(customer_id: str, subscription_id: str, verb: str) -> str:
    """The sheet that does something to a plan."""
    return f"{customer_path(customer_id)}/plans/{segment(subscription_id)}/{verb}"


def balance_path(customer_id: str, feature_id: str, verb: str = "") -> str:
    """The sheet that does something to the balances of a feature; without a verb, the one that changes them by hand."""
    return f"{customer_path(customer_id)}/balances/{segment(feature_id)}" + (f"/{verb}" if verb else "")
