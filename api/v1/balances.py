"""balances.create, update, delete and finalize: balances by hand."""

from typing import Any, Final

from api.call import Call, Handlers
from api.ids import BALANCE
from api.v1.offers import every
from api.v1.references import local_id
from api.views.shapes import Json
from ledger.core.adjustment import DeleteBalance, GrantBalance, UpdateBalance
from ledger.core.errors import LockNotFound
from ledger.core.period import Interval
from ledger.store.addresses import CustomerAddress


def create(call: Call, body: dict[str, Any]) -> Json:
    """Grant a loose balance."""
    command = GrantBalance(
        body["feature_id"],
        body.get("entity_id"),
        body.get("included_grant"),
        body.get("unlimited", False),
        every(body["reset"]) if "reset" in body else None,
        body.get("expires_at"),
        body.get("next_reset_at"),
        body.get("balance_id"),
    )
    call.execute(CustomerAddress(body["customer_id"]), command)
    return {"success": True}


def update(call: Call, body: dict[str, Any]) -> Json:
    """Set a balance, add to it, or deduct from it."""
    command = UpdateBalance(
        **_which(call, body),
        remaining=body.get("remaining"),
        add=body.get("add_to_balance"),
        usage=body.get("usage"),
        included=body.get("included_grant"),
        next_reset_at=body.get("next_reset_at"),
        expires_at=body.get("expires_at"),
    )
    call.execute(CustomerAddress(body["customer_id"]), command)
    return {"success": True}


def delete(call: Call, body: dict[str, Any]) -> Json:
    """Take loose balances away."""
    call.execute(CustomerAddress(body["customer_id"]), DeleteBalance(**_which(call, body)))
    return {"success": True}


def _which(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    interval = body.get("interval")
    return {
        "feature_id": body.get("feature_id"),
        "entity_id": body.get("entity_id"),
        "balance_id": local_id(call, BALANCE, body["customer_id"], body.get("balance_id")),
        "interval": None if interval is None else Interval(interval),
    }


def finalize(_call: Call, body: dict[str, Any]) -> Json:
    """End a lock. A check takes none in this product yet, so no lock is ever open."""
    raise LockNotFound(body["lock_id"])


HANDLERS: Final[Handlers] = {
    "balances.create": create,
    "balances.update": update,
    "balances.delete": delete,
    "balances.finalize": finalize,
}
