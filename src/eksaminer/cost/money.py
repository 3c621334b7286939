"""Money as exact numbers: integers and fractions inside, decimals of a millionth at the edge."""

from collections.abc import Sequence
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from fractions import Fraction

UNIT = Decimal("0.000001")
"""What money is stored in: a millionth of the currency's unit, so that parts add up to their total."""
_DIGITS = 9


def amount(value: Fraction) -> Decimal:
    """Return *value* as money, rounded to the nearest millionth."""
    return _decimal(value).quantize(UNIT, ROUND_HALF_EVEN)


def rounded_down(value: Fraction) -> Decimal:
    """Return *value* as money, rounded down: sums of such parts never exceed their total."""
    return _decimal(value).quantize(UNIT, ROUND_FLOOR)


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator * 10**_DIGITS // value.denominator).scaleb(-_DIGITS)


def allocate(parts: Sequence[Fraction]) -> tuple[Decimal, ...]:
    """Return each of *parts* as money, so that they add up to the rounded total exactly."""
    whole, given = Fraction(), Decimal(0)
    found: list[Decimal] = []
    for part in parts:
        whole += part
        found.append(amount(whole) - given)
        given += found[-1]
    return tuple(found)
