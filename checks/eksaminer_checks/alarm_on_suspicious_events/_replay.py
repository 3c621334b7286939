"""Replay an alarm over the refused requests that there really were."""

import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from eksaminer.api import MetricAlarm, Period, Refusals
from eksaminer_checks.alarm_on_suspicious_events._alarms import Watch, period

KINDS = ("forbidden", "anonymous", "unauthenticated")
"""The probes that stand for the counts of `Refusals`, in its order."""
MOST_PERIODS = 200_000
"""More periods than this are not replayed: 138 days of a minute each."""


@dataclass(frozen=True, slots=True)
class Replay:
    """What an alarm would have done."""

    alarm: str
    raised: tuple[Period, ...]
    """From when to when it would have been raised, by time."""
    periods: int
    periods_raised: int
    peak: float
    """The highest value of one period."""
    mean: float

    @property
    def share(self) -> float:
        """In which part of the window it would have been raised."""
        return self.periods_raised / self.periods if self.periods else 0.0

    def saw(self, burst: Period, delay: timedelta) -> bool:
        """Whether it would have been raised during *burst*, or *delay* after."""
        return any(span.since <= burst.until + delay and span.until >= burst.since for span in self.raised)


def replay(watch: Watch, refusals: Refusals, window: Period) -> Replay | None:
    """Return what the alarm of *watch* would have done in *window*; None: it cannot be replayed."""
    alarm, length = watch.alarm, period(watch.alarm)
    if (
        alarm.threshold is None
        or not watch.term.returned
        or watch.term.stat not in {"Sum", "SampleCount"}
        or not length
    ):
        return None
    first = int(window.since.timestamp()) // length
    last = max(first, (math.ceil(window.until.timestamp()) - 1) // length)
    if last - first >= MOST_PERIODS:
        return None
    values = _values(watch, refusals, length)
    default = None if watch.source.metric.default is None else 0.0
    states = list(_states(alarm, (values.get(index, default) for index in range(first, last + 1))))
    known = [values.get(index, 0.0) for index in range(first, last + 1)]
    return Replay(
        alarm=alarm.name,
        raised=tuple(_spans(states, first, length)),
        periods=len(states),
        periods_raised=sum(states),
        peak=max(known),
        mean=sum(known) / len(known),
    )


def _values(watch: Watch, refusals: Refusals, length: int) -> dict[int, float]:
    """Return the value of each period with a refused request, by its number since 1970."""
    each = _each(watch)
    kinds = [kind in watch.source.counts for kind in KINDS]
    values: dict[int, float] = {}
    for minute, *counts in refusals.minutes:
        count = sum(number for number, counted in zip(counts, kinds, strict=True) if counted)
        if count:
            index = minute * 60 // length
            values[index] = values.get(index, 0.0) + count * each
    return values


def _each(watch: Watch) -> float:
    """Return what one event adds; a field of the event is taken for 1."""
    if watch.term.stat == "SampleCount":
        return 1.0
    try:
        return float(watch.source.metric.value)
    except ValueError:
        return 1.0


def _states(alarm: MetricAlarm, values: Iterator[float | None]) -> Iterator[bool]:
    """Give for each period whether the alarm would have been raised at its end."""
    recent: deque[bool | None] = deque(maxlen=max(alarm.evaluation_periods, 1))
    raised = False
    for value in values:
        recent.append(_breaches(alarm, value))
        told = [breach for breach in recent if breach is not None]
        if told or alarm.missing != "ignore":
            raised = sum(told) >= max(alarm.datapoints, 1)
        yield raised


def _breaches(alarm: MetricAlarm, value: float | None) -> bool | None:
    """Return whether a value breaches; None: it is missing and counts for nothing."""
    if value is None:
        return {"breaching": True, "notBreaching": False}.get(alarm.missing)
    threshold = alarm.threshold if alarm.threshold is not None else math.inf
    return value > threshold if alarm.comparison == "GreaterThanThreshold" else value >= threshold


def _spans(states: list[bool], first: int, length: int) -> Iterator[Period]:
    start: int | None = None
    for index, raised in enumerate([*states, False], first):
        if raised and start is None:
            start = index
        if not raised and start is not None:
            yield Period(since=_time(start * length), until=_time(index * length))
            start = None


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, tz=UTC)
