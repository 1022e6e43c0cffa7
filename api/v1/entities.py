"""entities.*: a customer's seats, workspaces, projects."""

from typing import Any, Final

from api.call import Call, Handlers
from api.v1.controls import new_controls
from api.v1.customers import create_command
from api.v1.payments import require_done
from api.views.customer import entity
from api.views.shapes import Json
from ledger.core.balances.limiting import SetEntityControls
from ledger.core.entity import CreateEntity, DeleteEntity
from ledger.store.addresses import Address, CustomerAddress, EntityAddress, OpeningAddress
from ledger.store.requests import Step, StepsRefused


def address_of(body: dict[str, Any]) -> Address:
    """The customer that is named, else the one that has the entity."""
    customer_id = body.get("customer_id")
    return EntityAddress(body["entity_id"]) if customer_id is None else CustomerAddress(customer_id)


def create(call: Call, body: dict[str, Any]) -> Json:
    """A new entity; with `customer_data` its customer too, where it does not exist, or neither."""
    customer_id = body["customer_id"]
    limits = new_controls(body["billing_controls"]) if "billing_controls" in body else None
    command = CreateEntity(body["entity_id"], body["feature_id"], body.get("name"), limits)
    if "customer_data" not in body:
        outcome = call.execute(CustomerAddress(customer_id), command)
        require_done(outcome)
        scene = call.scene(outcome)
    else:
        data = body["customer_data"]
        opening = Step(OpeningAddress(customer_id, data.get("email")), create_command(customer_id, data))
        try:
            outcome = call.execute_all([opening, Step(CustomerAddress(customer_id), command)])
        except StepsRefused as refused:
            raise refused.refusals[min(refused.refusals)] from None
        require_done(outcome, step=1)
        scene = call.scene(outcome, step=1)
    return entity(scene, body["entity_id"])


def get(call: Call, body: dict[str, Any]) -> Json:
    """One entity as it stands now."""
    return entity(call.scene(call.look(address_of(body))), body["entity_id"])


def update(call: Call, body: dict[str, Any]) -> Json:
    """Set limits of the entity; nothing changes where none are sent."""
    if "billing_controls" not in body:
        return get(call, body)
    command = SetEntityControls(body["entity_id"], new_controls(body["billing_controls"]))
    return entity(call.scene(call.execute(address_of(body), command)), body["entity_id"])


def delete(call: Call, body: dict[str, Any]) -> Json:
    """Free the entity's unit; its plans end and its balances go with it."""
    require_done(call.execute(address_of(body), DeleteEntity(body["entity_id"])))
    return {"success": True}


HANDLERS: Final[Handlers] = {
    "entities.create": create,
    "entities.get": get,
    "entities.update": update,
    "entities.delete": delete,
}
