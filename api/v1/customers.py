"""customers.*: who is billed."""

from typing import Any, Final

from msgspec import UNSET

from api.call import Call, Handlers
from api.v1.controls import new_controls
from api.views.customer import customer
from api.views.shapes import Json
from ledger.core.profile import CreateCustomer, DeleteCustomer, MoveClock, UpdateCustomer
from ledger.store.addresses import CustomerAddress, OpeningAddress

PERSONAL: Final = ("name", "email", "fingerprint", "metadata")


def get_or_create(call: Call, body: dict[str, Any]) -> Json:
    """The customer of this id or e-mail; created, or adopted, where there is none."""
    address = OpeningAddress(body["customer_id"], body.get("email"))
    outcome = call.execute(address, create_command(body["customer_id"], body))
    return customer(call.scene(outcome, expand=body["expand"]))


def create_command(customer_id: str | None, data: dict[str, Any]) -> CreateCustomer:
    """What creates a customer, from the fields that every creating request shares."""
    return CreateCustomer(
        customer_id=customer_id,
        name=data.get("name"),
        email=data.get("email"),
        fingerprint=data.get("fingerprint"),
        metadata=data.get("metadata"),
        currency=data.get("currency"),
        send_email_receipts=data.get("send_email_receipts", False),
        plan_id=data.get("auto_enable_plan_id"),
        controls=new_controls(data["billing_controls"]) if "billing_controls" in data else None,
    )


def get(call: Call, body: dict[str, Any]) -> Json:
    """One customer as it stands now."""
    return customer(call.scene(call.look(CustomerAddress(body["customer_id"])), expand=body["expand"]))


def update(call: Call, body: dict[str, Any]) -> Json:
    """Change what was sent; null takes a value away."""
    changes: dict[str, object] = {name: body[name] for name in PERSONAL if name in body}
    command = UpdateCustomer(
        changes,
        body.get("new_customer_id"),
        body.get("send_email_receipts"),
        body.get("currency", UNSET),
        new_controls(body["billing_controls"]) if "billing_controls" in body else None,
    )
    return customer(call.scene(call.execute(CustomerAddress(body["customer_id"]), command)))


def delete(call: Call, body: dict[str, Any]) -> Json:
    """The customer takes no more commands; its history stays."""
    call.execute(CustomerAddress(body["customer_id"]), DeleteCustomer())
    return {"success": True}


def advance_test_clock(call: Call, body: dict[str, Any]) -> Json:
    """Move a sandbox customer's own clock; what falls due on the way has happened when this answers."""
    address, to = CustomerAddress(body["customer_id"]), body["frozen_time"]
    outcome = call.execute(address, MoveClock(), at=to)
    scene = call.scene(outcome)
    return {"customer_id": body["customer_id"], "frozen_time": scene.customer.clock, "status": "ready"}


HANDLERS: Final[Handlers] = {
    "customers.get_or_create": get_or_create,
    "customers.get": get,
    "customers.update": update,
    "customers.delete": delete,
    "customers.advance_test_clock": advance_test_clock,
}
