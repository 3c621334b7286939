"""Times as a user writes them: `24h`, `7d`, or ISO 8601 with an offset."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from eksaminer.errors import UsageError

_SPAN = re.compile(r"(\d{1,6})([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_LONGEST = timedelta(days=3660)

Moment = datetime | timedelta
"""A time, or how long ago it was."""


def resolved(moment: Moment, now: datetime) -> datetime:
    """Return the time that *moment* means at *now*."""
    return now - moment if isinstance(moment, timedelta) else moment


def window(since: Moment | None, until: Moment | None, now: datetime) -> tuple[datetime | None, datetime | None]:
    """Return begin and end at *now*; None: open. Raises `UsageError` for an end before the begin."""
    begin = resolved(since, now) if since is not None else None
    end = resolved(until, now) if until is not None else None
    if begin is not None and begin >= (end or now):
        raise UsageError(f"--since {begin:%Y-%m-%dT%H:%M:%SZ} is not before the end of the period.")
    return begin, end


class SpanType(click.ParamType[timedelta]):
    """A length of time: `90d`, `24h`, `10m`."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """Read a length of time."""
        if isinstance(value, timedelta):
            return value
        found = _span(str(value))
        if found is None:
            self.fail(f"{value!r} is no length of time: write 10m, 24h or 7d, at most ten years.", param, ctx)
        return found


class MomentType(click.ParamType[Moment]):
    """A point in time: `24h` or `7d` (ago), or ISO 8601 with an offset."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Moment:
        """Read a point in time."""
        if isinstance(value, datetime | timedelta):
            return value
        text = str(value).strip()
        span = _span(text)
        if span is not None:
            return span
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            self.fail(f"{text!r} is no time: write 24h, 7d, or 2026-05-04T10:00:00Z.", param, ctx)
        if moment.tzinfo is None:
            example = f"{moment:%Y-%m-%dT%H:%M:%S}"
            self.fail(f"{text!r} has no offset: write {example}Z for UTC, or {example}+02:00.", param, ctx)
        try:
            return moment.astimezone(UTC)
        except OverflowError:
            self.fail(f"{text!r} is out of range.", param, ctx)


def _span(text: str) -> timedelta | None:
    match = _SPAN.fullmatch(text)
    if match is None:
        return None
    span = timedelta(**{_UNITS[match[2]]: int(match[1])})
    return span if timedelta(0) < span <= _LONGEST else None
