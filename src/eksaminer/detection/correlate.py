"""Judge several events by a correlation in plain Python: the meaning that the log engine has to keep."""

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from eksaminer.detection.evaluate import Event, matches, scalars, value
from eksaminer.detection.fields import Log
from eksaminer.detection.rule import Correlation, CorrelationKind

OPERATORS: Mapping[str, Callable[[int, int], bool]] = {
    "lt": operator.lt,
    "lte": operator.le,
    "gt": operator.gt,
    "gte": operator.ge,
    "eq": operator.eq,
}


@dataclass(frozen=True, slots=True)
class Episode:
    """A stretch of time in which a correlation holds, with the events that count for it."""

    events: tuple[int, ...]
    """The positions of the events that were given, by time."""


@dataclass(frozen=True, slots=True)
class _Match:
    time: datetime
    position: int
    base: int
    counted: str | None


def episodes(correlation: Correlation, events: Sequence[Event], log: Log = Log.AUDIT) -> tuple[Episode, ...]:
    """Return the episodes in *events*; of a request that was logged at several stages the last counts.

    A window ends with each event that a base rule matches, and reaches back for the span of the correlation.
    Windows that satisfy the condition and overlap are one episode.
    """
    groups: dict[tuple[str, ...], list[_Match]] = {}
    requests = {_request(event, position): position for position, event in enumerate(events)}
    for position in requests.values():
        event = events[position]
        for base, rule in enumerate(correlation.bases):
            if matches(rule.predicate, event):
                key = tuple(_first(event, path, log) or "" for path in correlation.group_by)
                counted = _first(event, correlation.field, log) if correlation.field else None
                groups.setdefault(key, []).append(_Match(_time(event), position, base, counted))
    return tuple(episode for _, matched in sorted(groups.items()) for episode in _of_group(correlation, matched))


def _of_group(correlation: Correlation, matched: list[_Match]) -> Iterable[Episode]:
    matched.sort(key=lambda match: (match.time, match.position))
    stretches: list[tuple[datetime, datetime]] = []
    for last in matched:
        begin = _begin(correlation, matched, last)
        if begin is None:
            continue
        if stretches and begin <= stretches[-1][1]:
            stretches[-1] = (min(begin, stretches[-1][0]), last.time)
        else:
            stretches.append((begin, last.time))
    for begin, end in stretches:
        yield Episode(tuple(dict.fromkeys(match.position for match in matched if begin <= match.time <= end)))


def _begin(correlation: Correlation, matched: Sequence[_Match], last: _Match) -> datetime | None:
    """Return where the window that ends with *last* begins; None where it does not satisfy the condition."""
    earliest = last.time - timedelta(seconds=correlation.seconds)
    within = [match for match in matched if earliest <= match.time <= last.time]
    if correlation.kind is CorrelationKind.TEMPORAL_ORDERED:
        return _ordered(len(correlation.bases), within, last)
    number = _number(correlation.kind, within)
    holds = all(OPERATORS[bound.operator](number, bound.value) for bound in correlation.bounds)
    return earliest if holds else None


def _number(kind: CorrelationKind, within: Sequence[_Match]) -> int:
    if kind is CorrelationKind.VALUE_COUNT:
        return len({match.counted for match in within if match.counted is not None})
    if kind is CorrelationKind.TEMPORAL:
        return len({match.base for match in within})
    return len({match.position for match in within})


def _ordered(bases: int, within: Sequence[_Match], last: _Match) -> datetime | None:
    """Return the latest time at which the first of all bases can have matched, each before the next."""
    if last.base != bases - 1:
        return None
    time = last.time
    for base in reversed(range(bases - 1)):
        earlier = [match.time for match in within if match.base == base and match.time < time]
        if not earlier:
            return None
        time = max(earlier)
    return time


def _request(event: Event, position: int) -> tuple[Any, ...]:
    known = event.get("auditID") or event.get("eventID")
    return (known, event.get("requestReceivedTimestamp")) if known else (position,)


def _first(event: Event, path: str, log: Log) -> str | None:
    return next(iter(scalars(value(event, path, log))), None)


def _time(event: Event) -> datetime:
    stamp = event.get("stageTimestamp") or event.get("requestReceivedTimestamp") or event.get("eventTime")
    return datetime.fromisoformat(str(stamp))
