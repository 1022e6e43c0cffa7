"""A customer and its entities on the wire."""

from api.ids import shown_customer
from api.views.balance import balances, flags
from api.views.controls import held_controls
from api.views.invoice import invoice_previews, invoices
from api.views.shapes import Json, Scene
from api.views.subscription import purchases, subscriptions
from ledger.core.state import Entity
from ledger.store.addresses import internal_id


def customer(scene: Scene) -> Json:
    """A customer with what it holds, its entities' holdings included; `internal_id` addresses it in any case."""
    state = scene.customer
    shown: Json = {
        "id": state.customer_id,
        "internal_id": internal_id(scene.stream_id),
        "name": state.name,
        "email": state.email,
        "created_at": state.created_at,
        "fingerprint": state.fingerprint,
        "stripe_id": None,
        "env": scene.env,
        "metadata": dict(state.metadata),
        "send_email_receipts": state.send_email_receipts,
        "billing_controls": held_controls(scene, None),
        "subscriptions": subscriptions(scene, None),
        "purchases": purchases(scene, None),
        "licenses": [],
        "balances": balances(scene, None),
        "flags": flags(scene, None),
    }
    if "entities" in scene.expand:
        shown["entities"] = [listed_entity(scene, each) for each in state.entities.values()]
    if "invoices" in scene.expand:
        shown["invoices"] = invoices(scene)
    if "invoice_previews" in scene.expand:
        shown["invoice_previews"] = invoice_previews(scene)
    if "trials_used" in scene.expand:
        shown["trials_used"] = [_trial_used(scene, plan_id) for plan_id in state.trials_used]
    return shown


def _trial_used(scene: Scene, plan_id: str) -> Json:
    return {
        "plan_id": plan_id,
        "customer_id": shown_customer(scene.customer.customer_id, scene.stream_id),
        "fingerprint": scene.customer.fingerprint,
    }


def listed_entity(scene: Scene, found: Entity) -> Json:
    """An entity inside its customer."""
    return {
        "id": found.entity_id,
        "name": found.name.text() if found.name else None,
        "created_at": found.created_at,
        "env": scene.env,
        "customer_id": shown_customer(scene.customer.customer_id, scene.stream_id),
        "feature_id": found.feature_id,
    }


def entity(scene: Scene, entity_id: str) -> Json:
    """One entity with what it holds and what it shares of its customer's. Raises `EntityNotFound`."""
    return {
        **listed_entity(scene, scene.customer.entity(entity_id)),
        "subscriptions": subscriptions(scene, entity_id),
        "purchases": purchases(scene, entity_id),
        "balances": balances(scene, entity_id),
        "flags": flags(scene, entity_id),
        "billing_controls": held_controls(scene, entity_id),
    }
