"""How much comes into a log group a day: measured over the full days on which it was in use."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Literal

from eksaminer.evidence.cost import GroupVolume, LogVolumes
from eksaminer.gap import Cause, Gap
from eksaminer.record import Record

STOPPED_DAYS = 2
"""After so many full days without an event a group that had some counts as stopped."""


class Rate(Record, frozen=True, kw_only=True):
    """What came into a log group over some full days, and whether more is to be expected."""

    bytes: int
    days: int
    """The full days that *bytes* came in on."""
    since: date
    until: date
    """The last of these days."""
    state: Literal["running", "young", "stopped", "silent"]
    """`young`: in use for fewer than the days that were measured; `silent`: nothing came in at all."""

    @property
    def daily(self) -> Fraction:
        """Bytes a day from now on: none where the group has stopped."""
        return Fraction(self.bytes, self.days) if self.state in {"running", "young"} else Fraction()


def rate_of(group: GroupVolume, volumes: LogVolumes) -> Rate | Gap:
    """Return what comes into *group* a day; a gap where it is too young to say.

    The first day with an event is left out unless it is the first day that was looked at: the log began in
    the course of it, and a part of a day would make the mean too low.
    """
    if group.too_recent is not None:
        return group.too_recent
    first, last = volumes.since.date(), len(group.daily) - 1
    used = _used(group.daily)
    if not used:
        return Rate(bytes=0, days=last + 1, since=first, until=_day(first, last), state="silent")
    stopped = last - used[-1] >= STOPPED_DAYS
    end = used[-1] if stopped else last
    start = min(used[0] + (used[0] > 0), end)
    return Rate(
        bytes=sum(part or 0 for part in group.daily[start : end + 1]),
        days=end + 1 - start,
        since=_day(first, start),
        until=_day(first, end),
        state="stopped" if stopped else "young" if start else "running",
    )


def too_recent(name: str, created: datetime, daily: Sequence[int | None], until: datetime) -> Gap | None:
    """Return why nothing can be said yet of a log group that has not been in use for a full day; None: it can."""
    used = _used(daily)
    if used != [len(daily) - 1] and (used or created < until - timedelta(days=1)):
        return None
    detail = f"{name} has not been in use for a full day (UTC): what it costs cannot be said yet."
    return Gap(cause=Cause.TOO_RECENT, detail=detail)


def _used(daily: Sequence[int | None]) -> list[int]:
    return [place for place, size in enumerate(daily) if size]


def _day(first: date, number: int) -> date:
    return first + timedelta(days=number)
