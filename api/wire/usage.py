"""balances.check, track and batch_track: the two hottest requests of the product, and their rows.

Their schemas are `hot`: no hooks of their own, and no nested schemas but that of a lock, so that reading one stays
far below 30 microseconds. Their one rule across fields is in `check_whole`.
"""

from typing import Any

from marshmallow import ValidationError, validates_schema

from api.wire.balances import BalanceAnswerSchema, DeductionSchema, FlagAnswerSchema
from api.wire.fields import Choice, CustomerId, EntityId, FeatureId, Flag, Identifier, Text
from api.wire.limits import IDEMPOTENCY_KEY_CHARS, NAME_CHARS, TEXT_CHARS
from api.wire.nesting import FreeForm, ListOf, MapOf, Shape, Unsupported
from api.wire.quantities import Milliseconds, Quantity
from api.wire.refusals import InvalidInputs
from api.wire.schema import WireSchema, load, load_rows

OVERAGE = ("cap", "overflow")


class LockSchema(WireSchema):
    """Units set aside under an id until balances.finalize says how many were used, or until the lock expires."""

    lock_id = Identifier(TEXT_CHARS, required=True)
    enabled = Flag(load_default=True)
    expires_at = Milliseconds()
    overage_behavior = Choice(*OVERAGE, load_default="cap")

    @validates_schema
    def is_wanted(self, data: dict[str, Any], **_: Any) -> None:
        """A lock that is not wanted is not sent."""
        if not data["enabled"]:
            raise ValidationError("was false and must be true: leave lock out where none is wanted", "enabled")


class CheckSchema(WireSchema):
    """May this customer use the feature? With `send_event` the use is recorded where it may, with `lock` set aside."""

    hot = True

    customer_id = CustomerId(required=True)
    feature_id = FeatureId(required=True)
    entity_id = EntityId()
    required_balance = Quantity()
    properties = FreeForm()
    send_event = Flag(load_default=False)
    lock = Shape(LockSchema)
    with_preview = Unsupported()


class _UseSchema(WireSchema):
    """One use of a product."""

    hot = True

    customer_id = CustomerId(required=True)
    feature_id = FeatureId()
    event_name = Text(NAME_CHARS)
    entity_id = EntityId()
    value = Quantity()
    properties = FreeForm()
    timestamp = Milliseconds()
    overage_behavior = Choice(*OVERAGE)

    def check_whole(self, loaded: dict[str, Any]) -> None:
        """A use is of one feature, or of all that listen to one event name."""
        if ("feature_id" in loaded) == ("event_name" in loaded):
            was = "was sent with event_name" if "feature_id" in loaded else "was not sent"
            raise InvalidInputs({"feature_id": f"{was} and exactly one of feature_id and event_name must be sent"})


class TrackSchema(_UseSchema):
    """`value` is 1 unless sent; negative gives back. With `async` the answer is 202, and just as durable."""

    async_ = Flag(data_key="async", load_default=False)


class BatchTrackRowSchema(_UseSchema):
    """One use among many; its own key makes a retry safe."""

    idempotency_key = Text(IDEMPOTENCY_KEY_CHARS)


def load_track(payload: Any) -> dict[str, Any]:
    """Read a balances.track body, as `load` does."""
    return load(TrackSchema, payload)


def load_batch(payload: Any) -> list[dict[str, Any]]:
    """Read a balances.batch_track body: every row, or InvalidRows that names each bad one."""
    return load_rows(BatchTrackRowSchema, payload)


class CheckAnswerSchema(WireSchema):
    """`allowed`, and the balance (metered) or the flag (boolean) that says so."""

    allowed = Flag(required=True)
    customer_id = CustomerId(required=True)
    balance = Shape(BalanceAnswerSchema, required=True, allow_none=True)
    flag = Shape(FlagAnswerSchema, required=True, allow_none=True)
    entity_id = EntityId(allow_none=True)
    required_balance = Quantity()
    balances = MapOf(Shape(BalanceAnswerSchema, allow_none=True))


class TrackAnswerSchema(WireSchema):
    """What was recorded, and the balance afterwards (null where several features, or none, were touched)."""

    customer_id = CustomerId(required=True)
    value = Quantity(required=True)
    balance = Shape(BalanceAnswerSchema, required=True, allow_none=True)
    entity_id = EntityId()
    event_name = Text()
    balances = MapOf(Shape(BalanceAnswerSchema, allow_none=True))
    deductions = ListOf(Shape(DeductionSchema), most=10_000)
