"""The bill of a region: what each class of logs costs by the volume of all groups together."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from eksaminer.cost.months import Month
from eksaminer.cost.tariff import GB, Tariff, UnpricedError
from eksaminer.evidence.cost import PriceSheet

STANDARD = "STANDARD"
INFREQUENT = "INFREQUENT_ACCESS"


class Bill:
    """Ingestion and storage of one region over some months."""

    def __init__(self, sheet: PriceSheet, months: Sequence[Month], daily: Mapping[str, int]) -> None:
        """Take the bytes a day of all groups of each log class; a class without a known price is not priced."""
        self.sheet = sheet
        self.months = months
        self._daily = {STANDARD: 0, INFREQUENT: 0, **daily}
        tiers = {STANDARD: sheet.ingestion, INFREQUENT: sheet.ingestion_infrequent}
        self._tariffs = {name: Tariff(tiers.get(name, ())) for name in self._daily}
        self._now = {name: self._ingestion(name, 0) for name in self._daily}

    def ingestion(self, log_class: str, more: int = 0) -> Fraction | None:
        """Return the ingestion of one class with *more* bytes a day than there are; None: not priced."""
        return self._ingestion(log_class, more) if more else self._now[log_class]

    def _ingestion(self, log_class: str, more: int) -> Fraction | None:
        try:
            return self._tariffs[log_class].months(self._daily[log_class] + more, self.months)
        except UnpricedError:
            return None

    def share(self, log_class: str, daily: int) -> Fraction | None:
        """Return the part that *daily* bytes have in the ingestion of their class, by volume."""
        whole = self.ingestion(log_class)
        return None if whole is None else whole * Fraction(daily, max(self._daily[log_class], 1))

    def change(self, log_class: str, more: int) -> Fraction | None:
        """Return how much the ingestion would change with *more* bytes a day, or fewer."""
        now, then = self.ingestion(log_class), self.ingestion(log_class, more)
        return None if now is None or then is None else then - now

    def storage(self, byte_months: Fraction) -> Fraction | None:
        """Return what byte-months of compressed log cost."""
        return times(byte_months, self.sheet.storage)


def times(size: Fraction, price: Decimal | None) -> Fraction | None:
    """Return what *size* bytes cost at a *price* per GB."""
    if not size:
        return Fraction()
    return None if price is None else size / GB * Fraction(price)


def added(*parts: Fraction | None) -> Fraction | None:
    """Return the sum of amounts; None: one of them is not known."""
    known = [part for part in parts if part is not None]
    return sum(known, Fraction()) if len(known) == len(parts) else None
