"""How much comes into a log group a day: measured over the full days on which it was in use."""

from datetime import date, timedelta
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
    first, days = volumes.since.date(), len(group.daily)
    used = [place for place, size in enumerate(group.daily) if size]
    if not used:
        if group.created_at >= volumes.until - timedelta(days=1):
            return _too_young(group)
        return Rate(bytes=0, days=days, since=first, until=_day(first, days - 1), state="silent")
    start = used[0] + (used[0] > 0)
    if days - 1 - used[-1] >= STOPPED_DAYS:
        start, end, state = min(start, used[-1]), used[-1], "stopped"
    else:
        end, state = days - 1, "young" if start else "running"
    if start > end:
        return _too_young(group)
    size = sum(part or 0 for part in group.daily[start : end + 1])
    return Rate(
        bytes=size,
        days=end + 1 - start,
        since=_day(first, start),
        until=_day(first, end),
        state="stopped" if state == "stopped" else "young" if state == "young" else "running",
    )


def _day(first: date, number: int) -> date:
    return first + timedelta(days=number)


def _too_young(group: GroupVolume) -> Gap:
    detail = f"{group.name} has not been in use for a full day (UTC): what it costs cannot be said yet."
    return Gap(cause=Cause.TOO_RECENT, detail=detail)
