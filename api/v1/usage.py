"""balances.check, track and batch_track: the requests that products send all day."""

from collections.abc import Mapping
from decimal import Decimal
from http import HTTPStatus
from typing import Any, Final

from api.call import Call, Handlers
from api.caller import refuse_business_time, row_once
from api.errors import status_of
from api.views.shapes import Json
from api.views.usage import accepted, checked, tracked
from api.wire.refusals import InvalidRows
from ledger.core.deduction import Overage
from ledger.core.errors import Refusal
from ledger.core.money import ONE
from ledger.core.standing import allowed, held
from ledger.core.usage import Consume, Track
from ledger.store.addresses import CustomerAddress
from ledger.store.requests import Outcome, Step, StepsRefused

_OVERAGE: Final = {"cap": Overage.CAP, "overflow": Overage.OVERFLOW}
ASYNC_BY_DEFAULT: Final = (2, 5, 0)


def check(call: Call, body: dict[str, Any]) -> Json:
    """May this customer use the feature? With `send_event` the use is recorded exactly where it may."""
    required = body.get("required_balance", ONE)
    address = CustomerAddress(body["customer_id"])
    if body["send_event"]:
        feature_id, entity_id = body["feature_id"], body.get("entity_id")
        outcome = call.execute(address, Consume(feature_id, required, entity_id, body.get("properties")))
    else:
        refuse_business_time(call.request)
        outcome = call.look(address)
    answer = _allowed(outcome, body, required)
    return checked(call.scene(outcome), body, required, allowed=answer)


def _allowed(outcome: Outcome, body: dict[str, Any], required: Decimal) -> bool:
    """As the state was before the event: what the event itself takes does not count against it."""
    customer, entity_id = outcome.steps[0].before, body.get("entity_id")
    outcome.catalog.feature(body["feature_id"])
    if entity_id is not None:
        customer.entity(entity_id)
    longest_first = outcome.settings.reverse_deduction_order
    grants = held(customer.grants.values(), body["feature_id"], entity_id, longest_first=longest_first)
    return allowed(grants, required)


def track(call: Call, body: dict[str, Any]) -> Json:
    """Record the use of a feature: durable before the answer, also where the answer says 202."""
    command = _track(body)
    outcome = call.execute(CustomerAddress(body["customer_id"]), command)
    scene = call.scene(outcome)
    if body.get("async_", call.version >= ASYNC_BY_DEFAULT):
        call.status = HTTPStatus.ACCEPTED
        return accepted(scene, body, command.value)
    return tracked(scene, body, command.value, outcome.steps[0])


def _track(body: Mapping[str, Any]) -> Track:
    return Track(
        body.get("feature_id"),
        body.get("event_name"),
        body.get("value", ONE),
        body.get("entity_id"),
        _OVERAGE[body.get("overage_behavior", "cap")],
        body.get("properties"),
        body.get("timestamp"),
    )


def batch_track(call: Call, rows: list[dict[str, Any]]) -> Json:
    """Record many uses, all or none. A row whose own key is known already counts once."""
    steps = [_step(call, row, raw) for row, raw in zip(rows, call.payload, strict=True)]
    try:
        call.execute_all(steps)
    except StepsRefused as refused:
        raise InvalidRows([_result(*each) for each in sorted(refused.refusals.items())], len(rows)) from None
    return {"success": True}


def _step(call: Call, row: dict[str, Any], raw: Any) -> Step:
    key = row.get("idempotency_key")
    own = None if key is None else row_once(call.request, key, raw)
    return Step(CustomerAddress(row["customer_id"]), _track(row), own)


def _result(index: int, refusal: Refusal) -> Json:
    return {"index": index, "status": int(status_of(refusal)), "code": refusal.code, "message": refusal.sentence}


HANDLERS: Final[Handlers] = {
    "balances.check": check,
    "balances.track": track,
    "balances.batch_track": batch_track,
}
