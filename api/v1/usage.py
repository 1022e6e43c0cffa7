"""balances.check, track and batch_track: the requests that products send all day."""

from collections.abc import Mapping
from decimal import Decimal
from http import HTTPStatus
from typing import Any, Final

from api.call import Call, Handlers
from api.caller import backdates, refuse_business_time, row_once
from api.errors import status_of
from api.v1.payments import require_done
from api.views.shapes import Json
from api.views.usage import accepted, checked, tracked
from api.wire.limits import LOCK_ID_CHARS
from api.wire.refusals import InvalidRows, UnpaidRows
from ledger.core.balances.deduction import Overage
from ledger.core.balances.locking import Reserve
from ledger.core.balances.spending import Use, allowed
from ledger.core.balances.usage import Consume, Track
from ledger.core.decider import Context
from ledger.core.errors import InvalidRequest, Refusal
from ledger.core.events import LockOpened
from ledger.core.invoices.payment import InvoicePaymentFailed
from ledger.core.money import ONE
from ledger.store.addresses import CustomerAddress
from ledger.store.requests import Outcome, Step, StepsRefused

_OVERAGE: Final = {"cap": Overage.CAP, "overflow": Overage.OVERFLOW}


def check(call: Call, body: dict[str, Any]) -> Json:
    """May this customer use the feature? With `send_event` the use is recorded exactly where it may, with `lock` its
    units are set aside.
    """
    required = body.get("required_balance", ONE)
    command = _reserve(body, required) if "lock" in body else _consume(body, required)
    address = CustomerAddress(body["customer_id"])
    if command is None:
        refuse_business_time(call.request)
        outcome = call.look(address)
    else:
        outcome = call.execute(address, command)
        require_done(outcome)
    use = Use(body["feature_id"], required, body.get("entity_id"), properties=body.get("properties"))
    answer = _reserved(outcome) if isinstance(command, Reserve) else _allowed(outcome, use)
    return checked(call.scene(outcome), use, outcome.steps[0].before, allowed=answer)


def _consume(body: dict[str, Any], required: Decimal) -> Consume | None:
    if not body["send_event"]:
        return None
    return Consume(body["feature_id"], required, body.get("entity_id"), body.get("properties"))


def _reserve(body: dict[str, Any], required: Decimal) -> Reserve:
    """A lock takes its units at once, and is listed as a use: `send_event` beside it asks for nothing more."""
    lock = body["lock"]
    if len(lock["lock_id"]) > LOCK_ID_CHARS:
        raise InvalidRequest(f"lock.lock_id must be at most {LOCK_ID_CHARS} characters long")
    return Reserve(
        lock["lock_id"],
        body["feature_id"],
        required,
        body.get("entity_id"),
        lock.get("expires_at"),
        _OVERAGE[lock["overage_behavior"]],
        body.get("properties"),
    )


def _reserved(outcome: Outcome) -> bool:
    return any(isinstance(event, LockOpened) for event in outcome.events)


def _allowed(outcome: Outcome, use: Use) -> bool:
    """As the state was before the event: what the event itself takes does not count against it."""
    step = outcome.steps[0]
    outcome.catalog.feature(use.feature_id)
    if use.entity_id is not None:
        step.before.entity(use.entity_id)
    return allowed(step.before, use, Context(outcome.now, outcome.catalog, outcome.settings, step.stream_id))


def track(call: Call, body: dict[str, Any]) -> Json:
    """Record the use of a feature: durable before the answer, also where the answer says 202."""
    command = _track(body, backdate=backdates(call.request))
    outcome = call.execute(CustomerAddress(body["customer_id"]), command)
    require_done(outcome)
    scene = call.scene(outcome)
    if body["async_"]:
        call.status = HTTPStatus.ACCEPTED
        return accepted(scene, body, command.value)
    return tracked(scene, body, command.value, outcome.steps[0])


def _track(body: Mapping[str, Any], *, backdate: bool, paid_or_refused: bool = False) -> Track:
    return Track(
        body.get("feature_id"),
        body.get("event_name"),
        body.get("value", ONE),
        body.get("entity_id"),
        _OVERAGE[body.get("overage_behavior", "cap")],
        body.get("properties"),
        body.get("timestamp"),
        backdate,
        paid_or_refused,
    )


def batch_track(call: Call, rows: list[dict[str, Any]]) -> Json:
    """Record many uses, all or none: durable before the answer, which is 202 because autumn-js takes no other.

    A row whose own key is known already counts once.
    A row with seats whose payment is declined refuses all, 402: not even the attempt stays on record.
    """
    steps = [_step(call, row, raw) for row, raw in zip(rows, call.payload, strict=True)]
    try:
        call.execute_all(steps)
    except StepsRefused as refused:
        raise _refused(refused.refusals, len(rows)) from None
    except InvoicePaymentFailed as declined:
        raise _refused({0: declined}, len(rows)) from None
    call.status = HTTPStatus.ACCEPTED
    return {"success": True}


def _refused(refusals: Mapping[int, Refusal], rows: int) -> Refusal:
    """402 where all that stands against a batch is payment; what is wrong with other rows comes first."""
    results = [_result(*each) for each in sorted(refusals.items())]
    unpaid = all(isinstance(each, InvoicePaymentFailed) for each in refusals.values())
    return UnpaidRows(results, rows) if unpaid else InvalidRows(results, rows)


def _step(call: Call, row: dict[str, Any], raw: Any) -> Step:
    key = row.get("idempotency_key")
    own = None if key is None else row_once(call.request, key, raw)
    command = _track(row, backdate=backdates(call.request), paid_or_refused=True)
    return Step(CustomerAddress(row["customer_id"]), command, own)


def _result(index: int, refusal: Refusal) -> Json:
    return {"index": index, "status": int(status_of(refusal)), "code": refusal.code, "message": refusal.sentence}


HANDLERS: Final[Handlers] = {
    "balances.check": check,
    "balances.track": track,
    "balances.batch_track": batch_track,
}
