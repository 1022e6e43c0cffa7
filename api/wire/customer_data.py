"""What can be said of a customer when it is created, by customers.get_or_create or along with an entity."""

from api.wire.controls import ControlsSchema
from api.wire.fields import Currency, Email, Flag, PlanId, Text
from api.wire.limits import NAME_CHARS
from api.wire.nesting import FreeForm, Shape, Unsupported
from api.wire.schema import WireSchema


class CustomerDataSchema(WireSchema):
    """A customer's own facts. `metadata` is any JSON, and personal: it is stored sealed."""

    name = Text(NAME_CHARS, allow_none=True)
    email = Email(allow_none=True)
    fingerprint = Text(NAME_CHARS, allow_none=True)
    metadata = FreeForm(allow_none=True)
    send_email_receipts = Flag()
    currency = Currency(allow_none=True)
    auto_enable_plan_id = PlanId()
    billing_controls = Shape(ControlsSchema)
    stripe_id = Unsupported()
    create_in_stripe = Unsupported()
    config = Unsupported()
