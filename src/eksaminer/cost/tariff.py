"""Prices in tiers, applied to the volume of each calendar month."""

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction

from eksaminer.cost.months import Month
from eksaminer.evidence.cost import Tier

GB = 2**30
"""CloudWatch Logs bills in GB of 2^30 bytes."""


class UnpricedError(Exception):
    """A volume lies beyond the tiers whose price is known, or there is no price at all."""

    def __init__(self, known_gb: int) -> None:
        beyond = f"above {known_gb:,} GB a month" if known_gb else "for it"
        super().__init__(f"no price {beyond} is known")


class Tariff:
    """What the volume of a month costs: each tier is paid for the part of the volume that lies in it.

    All is computed in whole numbers, of bytes and of the smallest digit of a price, and divided once.
    """

    def __init__(self, tiers: Sequence[Tier]) -> None:
        digits = max((-int(tier.price.normalize().as_tuple().exponent) for tier in tiers), default=0)
        self._scale = 10 ** max(digits, 0)
        self._tiers = [
            (None if tier.up_to_gb is None else tier.up_to_gb * GB, int(tier.price * self._scale)) for tier in tiers
        ]

    def month(self, volume: int) -> Fraction:
        """Return what *volume* bytes of one month cost. Raises `UnpricedError`."""
        return self._money(self._price(volume))

    def months(self, daily: int, months: Sequence[Month]) -> Fraction:
        """Return what *daily* bytes a day cost over *months*, each with its own tiers. Raises `UnpricedError`."""
        lengths = Counter(month.days for month in months)
        return self._money(sum(count * self._price(daily * days) for days, count in lengths.items()))

    def _price(self, volume: int) -> int:
        total, start = 0, 0
        for limit, price in self._tiers:
            end = volume if limit is None else min(volume, limit)
            if end > start:
                total += (end - start) * price
                start = end
        if start < volume:
            raise UnpricedError(start // GB)
        return total

    def _money(self, value: int) -> Fraction:
        return Fraction(value, self._scale * GB)
