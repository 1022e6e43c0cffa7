"""Fields that are numbers on the wire: whole numbers, quantities, amounts of money, instants.

JSON numbers reach these fields as `int` or as the `Decimal` of their own text, never as a float. What cannot
be kept exactly enough is refused, with a sentence that names the field; nothing becomes infinite or zero.
"""

from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any, ClassVar, Final

from api.wire import limits
from api.wire.fields import JsonSchema, WireField
from api.wire.json import EPOCH, milliseconds, plain

_PLACE: Final = Decimal(1).scaleb(-limits.NUMBER_PLACES)
_ROUNDING: Final = Context(prec=60, rounding=ROUND_HALF_EVEN)
_INT_MAX: Final = int(limits.NUMBER_MAX)
_MS_MIN: Final = milliseconds(limits.EARLIEST)
_MS_END: Final = milliseconds(limits.LATEST)


class Whole(WireField):
    """A whole number from `least` to `most`; 5.0 is one too, as the Python SDK writes it. Becomes `int`."""

    def __init__(self, least: int = 0, most: int = _INT_MAX, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.least, self.most = least, most
        self.must_be = f"a whole number from {least} to {most}"

    def read(self, value: Any) -> int:
        number = whole(value)
        if number is None or not self.least <= number <= self.most:
            raise self.wrong(value)
        return number

    def describe(self) -> JsonSchema:
        return {"type": "integer", "minimum": self.least, "maximum": self.most}


class Quantity(WireField):
    """A number: units of a feature, or money in major units. Becomes `Decimal`.

    Past 12 places it is rounded half-even; refused where that would make it zero though it is not, or past
    10^15 (docs/api.md, the table of differences).
    """

    def __init__(
        self, least: Decimal | int | None = None, *, above: Decimal | int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.least = None if least is None else Decimal(least)
        self.above = None if above is None else Decimal(above)
        bound = f" of at least {plain(self.least)}" if self.least is not None else ""
        bound = f" above {plain(self.above)}" if self.above is not None else bound
        self.must_be = f"a number{bound}, at most 10^15 from zero, with at most {limits.NUMBER_PLACES} places"

    def read(self, value: Any) -> Decimal:
        number = decimal(value)
        if number is None or (self.least is not None and number < self.least):
            raise self.wrong(value)
        if self.above is not None and number <= self.above:
            raise self.wrong(value)
        return number

    def describe(self) -> JsonSchema:
        schema: JsonSchema = {"type": "number", "minimum": -_INT_MAX, "maximum": _INT_MAX}
        if self.least is not None:
            schema["minimum"] = int(self.least)
        if self.above is not None:
            del schema["minimum"]
            schema["exclusiveMinimum"] = int(self.above)
        return schema


class Total(WireField):
    """A sum of quantities in an answer: as exact as its parts, and beyond the bound of any one of them."""

    must_be = "a number"

    def read(self, value: Any) -> Decimal:
        if type(value) is int or (type(value) is Decimal and value.is_finite()):
            return Decimal(value)
        raise self.wrong(value)

    def describe(self) -> JsonSchema:
        return {"type": "number"}


class Amount(Quantity):
    """Money in major units of its currency (20 is twenty dollars). The core turns it into minor units."""


class Milliseconds(WireField):
    """An instant as epoch milliseconds; becomes an aware UTC `datetime` of whole milliseconds."""

    must_be = f"an instant in epoch milliseconds from {_MS_MIN} to {_MS_END - 1}"
    schema: ClassVar[JsonSchema] = {"type": "integer", "format": "int64", "minimum": _MS_MIN, "maximum": _MS_END - 1}

    def read(self, value: Any) -> datetime:
        number = whole(value)
        if number is None or not _MS_MIN <= number < _MS_END:
            raise self.wrong(value)
        return EPOCH + timedelta(milliseconds=number)


def whole(value: Any) -> int | None:
    """The integer that a JSON number is, or None."""
    if type(value) is int:
        return value
    if type(value) is Decimal and value.adjusted() < limits.FREE_NUMBER_DIGITS and value == value.to_integral_value():
        return int(value)
    return None


def decimal(value: Any) -> Decimal | None:
    """The decimal that a JSON number is, rounded half-even to 12 places; None where it must be refused."""
    if type(value) is int:
        return Decimal(value) if -_INT_MAX <= value <= _INT_MAX else None
    if type(value) is not Decimal or not value.is_finite() or abs(value.adjusted()) > limits.FREE_NUMBER_DIGITS:
        return Decimal(0) if type(value) is Decimal and value.is_zero() else None
    number = value if _places(value) <= limits.NUMBER_PLACES else value.quantize(_PLACE, context=_ROUNDING)
    if number.copy_abs() > limits.NUMBER_MAX or (number.is_zero() and not value.is_zero()):
        return None
    return Decimal(plain(number))


def _places(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int)
    return -exponent
