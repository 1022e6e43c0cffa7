"""Exact numbers: money in minor units, usage as Decimal, and every rounding by name.

Arithmetic runs in `EXACT`, a 60-digit context that traps `Inexact`: a result that would lose a digit is
a bug unless one of the named rounding functions below asked for it (docs/api.md, floating point).
"""

from collections.abc import Iterable, Sequence
from decimal import (
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    Context,
    Decimal,
    DivisionByZero,
    Inexact,
    InvalidOperation,
    Overflow,
)
from functools import reduce
from typing import Final

ZERO: Final = Decimal(0)
ONE: Final = Decimal(1)
_SMALLEST_UNIT: Final = Decimal("1E-12")

EXACT: Final = Context(prec=60, rounding=ROUND_HALF_EVEN, traps=[Inexact, InvalidOperation, DivisionByZero, Overflow])
_ROUNDING: Final = Context(prec=60, rounding=ROUND_HALF_EVEN, traps=[InvalidOperation, DivisionByZero, Overflow])

add: Final = EXACT.add
subtract: Final = EXACT.subtract
multiply: Final = EXACT.multiply
negate: Final = EXACT.minus

_EXPONENTS: Final = {
    **dict.fromkeys(
        [
            "bif",
            "clp",
            "djf",
            "gnf",
            "isk",
            "jpy",
            "kmf",
            "krw",
            "pyg",
            "rwf",
            "ugx",
            "vnd",
            "vuv",
            "xaf",
            "xof",
            "xpf",
        ],
        0,
    ),
    **dict.fromkeys(["bhd", "iqd", "jod", "kwd", "lyd", "omr", "tnd"], 3),
}


def total(numbers: Iterable[Decimal]) -> Decimal:
    """The exact sum; zero of nothing. The built-in `sum` and a bare minus would round to the thread's 28 digits."""
    return reduce(add, numbers, ZERO)


def exponent(currency: str) -> int:
    """Decimal places of an ISO 4217 currency (lower-case code): 2 unless the standard says 0 or 3."""
    return _EXPONENTS.get(currency, 2)


def to_minor(amount_major: Decimal, currency: str) -> Decimal:
    """Major units to minor units, exactly: a unit price may keep fractions of a cent. Never in powers of ten."""
    shifted = amount_major.scaleb(exponent(currency), EXACT)
    return add(shifted, ZERO)


def to_major(amount_minor: Decimal | int, currency: str) -> Decimal:
    """Minor units to major units, exactly."""
    return Decimal(amount_minor).scaleb(-exponent(currency), EXACT)


def round_minor(amount_minor: Decimal) -> int:
    """Round an amount to whole minor units, half away from zero, as invoices are read (§2.3: at presentation)."""
    return int(amount_minor.quantize(ONE, rounding=ROUND_HALF_UP, context=_ROUNDING))


def percentage(amount: Decimal, percent: Decimal) -> Decimal:
    """So many percent of an amount, exactly."""
    return multiply(amount, percent).scaleb(-2, EXACT)


def whole_units(units: Decimal) -> Decimal:
    """Whole units of a part of something, rounded down."""
    return units.quantize(ONE, rounding=ROUND_FLOOR, context=_ROUNDING)


def spread(amount_minor: int, weights: Sequence[int]) -> list[int]:
    """An amount (0 or more) over parts in proportion to their weights (above 0): it sums up exactly.

    Each share is rounded down; the minor units that remain go to the first parts, one each.
    """
    whole = sum(weights)
    shares = [amount_minor * weight // whole for weight in weights]
    remainder = amount_minor - sum(shares)
    return [share + (1 if index < remainder else 0) for index, share in enumerate(shares)]


def ratio(amount: Decimal, part: int, whole: int) -> Decimal:
    """`amount x part / whole`, kept to 60 digits, half-even: rounded to minor units only by `round_minor`."""
    return _ROUNDING.divide(_ROUNDING.multiply(amount, Decimal(part)), Decimal(whole))


def part_of(amount: Decimal, whole: Decimal) -> Decimal:
    """`amount / whole` in units: 12 decimal places as on the wire, the rest rounded half-even."""
    return _ROUNDING.divide(amount, whole).quantize(_SMALLEST_UNIT, context=_ROUNDING)


def part_below(amount: Decimal, whole: Decimal) -> Decimal:
    """`amount / whole` in units of 12 decimal places, the rest cut off: never more than can be paid for."""
    return _ROUNDING.divide(amount, whole).quantize(_SMALLEST_UNIT, rounding=ROUND_DOWN, context=_ROUNDING)


def packs(units: Decimal, billing_units: Decimal) -> int:
    """Whole packs that cover `units`, rounded up; none for zero or fewer units (§2.3: billing units round up)."""
    if units <= 0:
        return 0
    whole, rest = _ROUNDING.divmod(units, billing_units)
    return int(whole) + (1 if rest else 0)
