"""How much compressed log a group holds, now and later: from what comes in and how long it stays."""

from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction

from eksaminer.cost.months import Month
from eksaminer.cost.rate import Rate
from eksaminer.evidence.cost import MEASURED_DAYS, GroupVolume

COMPRESSED = Fraction(15, 100)
"""Stored bytes per byte that came in: the convention of the AWS pricing calculator, which AWS states nowhere as a
promise. One bill published in 2026 suggests 0.19. The report shows what CloudWatch itself says is stored beside it."""
RETENTION_DAYS = (
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
)  # fmt: skip
"""The values that CloudWatch Logs accepts (botocore model of logs, shape Days; read 2026-11-23)."""


def valid_retention(days: int) -> int | None:
    """Return the smallest value that CloudWatch Logs accepts and that keeps events for *days*; None: for ever alone."""
    return next((value for value in RETENTION_DAYS if value >= days), None)


class Stock:
    """The compressed bytes in one log group over time."""

    def __init__(self, group: GroupVolume, rate: Rate, moment: date) -> None:
        self._group = group
        self._rate = rate
        self._moment = moment
        self._age = max((moment - group.created_at.date()).days, 0)

    @property
    def from_metrics(self) -> bool:
        """Whether ingestion and retention alone say how much is stored.

        A group that nothing comes into, or whose events never expire, holds what came in long ago: there what
        CloudWatch says is stored is where it begins, and what comes in is added.
        """
        return self._rate.daily > 0 and (self._group.retention_days is not None or not self._group.stored_bytes)

    @property
    def expected(self) -> int:
        """The compressed bytes of today, from what comes in and how long it stays, whatever CloudWatch says."""
        kept = self._group.retention_days
        return int(self._rate.daily * COMPRESSED * (self._age if kept is None else min(self._age, kept)))

    def months(self, months: Sequence[Month]) -> Fraction:
        """Return the byte-months held over *months*: what there is in the middle of each."""
        return self._over([2 * (month.first - self._moment).days + month.days for month in months])

    def _over(self, half_days: Sequence[int]) -> Fraction:
        """Return the sum of the bytes at several times, which are given in half days from the moment on."""
        kept = self._group.retention_days
        if self.from_metrics:
            ages = (2 * self._age + time for time in half_days)
            held = sum(ages) if kept is None else sum(min(age, 2 * kept) for age in ages)
            return self._rate.daily * COMPRESSED * held / 2
        if kept is None:
            grown = self._rate.daily * COMPRESSED * sum(half_days) / 2
            return self._group.stored_bytes * len(half_days) + grown
        left = 2 * (kept - self._silent_days)
        return Fraction(self._group.stored_bytes * sum(max(left - time, 0) for time in half_days), max(left, 1))

    @property
    def _silent_days(self) -> int:
        if self._rate.state == "silent":
            return MEASURED_DAYS
        return (self._moment - self._rate.until - timedelta(days=1)).days


def steady(daily: Fraction, retention: int) -> Fraction:
    """Return the compressed bytes that a log holds once it is as old as its *retention*, in days."""
    return daily * COMPRESSED * retention
