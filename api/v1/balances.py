"""balances.create, update, delete and finalize: balances by hand."""

from typing import Any, Final

from api.call import Call, Handlers
from api.ids import BALANCE
from api.v1.offers import balance_rollover, every
from api.v1.payments import require_done
from api.v1.references import local_id
from api.views.customer import customer
from api.views.shapes import Json
from ledger.core.balances.adjustment import DeleteBalance, GrantBalance, UpdateBalance
from ledger.core.balances.locking import FinalizeLock
from ledger.core.balances.recalculating import RecalculateBalance
from ledger.core.events import LockEnd
from ledger.core.period import Interval
from ledger.store.addresses import CustomerAddress, LockAddress


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
        balance_rollover(body["rollover"]) if "rollover" in body else None,
    )
    require_done(call.execute(CustomerAddress(body["customer_id"]), command))
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
    require_done(call.execute(CustomerAddress(body["customer_id"]), command))
    return {"success": True}


def delete(call: Call, body: dict[str, Any]) -> Json:
    """Take loose balances away; what was used of them may pass on to the others."""
    command = DeleteBalance(**_which(call, body), recalculate=body["recalculate_balances"])
    call.execute(CustomerAddress(body["customer_id"]), command)
    return {"success": True}


def recalculate(call: Call, body: dict[str, Any]) -> Json:
    """Pay the debts of some balances of a feature from what others have left."""
    command = RecalculateBalance(body["feature_id"], body.get("entity_id"))
    return customer(call.scene(call.execute(CustomerAddress(body["customer_id"]), command)))


def _which(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    interval = body.get("interval")
    return {
        "feature_id": body.get("feature_id"),
        "entity_id": body.get("entity_id"),
        "balance_id": local_id(call, BALANCE, body["customer_id"], body.get("balance_id")),
        "interval": None if interval is None else Interval(interval),
    }


def finalize(call: Call, body: dict[str, Any]) -> Json:
    """End a lock: what was used is recorded, the rest is free again."""
    command = FinalizeLock(
        body["lock_id"],
        LockEnd.CONFIRMED if body["action"] == "confirm" else LockEnd.RELEASED,
        body.get("override_value"),
        body.get("properties"),
    )
    call.execute(LockAddress(body["lock_id"]), command)
    return {"success": True}


HANDLERS: Final[Handlers] = {
    "balances.create": create,
    "balances.update": update,
    "balances.delete": delete,
    "balances.recalculate": recalculate,
    "balances.finalize": finalize,
}
