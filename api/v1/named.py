"""The customer that a request names, where it names one."""

from typing import Any
from uuid import UUID

from api.call import Call
from api.views.shapes import Scene
from ledger.store.addresses import CustomerAddress


def scene_for(call: Call, body: dict[str, Any]) -> Scene | None:
    """The customer that a request is about, after what is due for it has happened; None for everybody.

    Raises `CustomerNotFound`, and `EntityNotFound` where an entity is named that it has not.
    """
    customer_id = body.get("customer_id")
    if customer_id is None:
        return None
    scene = call.scene(call.look(CustomerAddress(customer_id)))
    if "entity_id" in body:
        scene.customer.entity(body["entity_id"])
    return scene


def stream_of(call: Call, body: dict[str, Any]) -> UUID | None:
    """The stream of that customer, which a list is narrowed to. Raises what `scene_for` does."""
    scene = scene_for(call, body)
    return None if scene is None else scene.stream_id
