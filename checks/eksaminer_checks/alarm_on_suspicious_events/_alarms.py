"""Which alarms see a rise of refused requests, and what keeps others from it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from eksaminer.api import Alarms, AlarmTerm, Gap, Level, LogAlarm, MetricAlarm, Text, Transformation, try_query
from eksaminer_checks.alarm_on_suspicious_events._filters import WANTED, Tried, union
from eksaminer_checks.alarm_on_suspicious_events._math import SELECT, direction

STUCK = timedelta(hours=24)
"""An alarm that has had no data for so long sees nothing."""
SLOWEST = timedelta(hours=1)
"""An alarm that takes longer to be raised comes late."""
HIGHEST_PER_HOUR = 10_000
"""A threshold above this many refusals an hour is never reached by somebody who tries doors (tool default)."""
RISING = frozenset({"GreaterThanOrEqualToThreshold", "GreaterThanThreshold"})
FALLING = frozenset({"LessThanOrEqualToThreshold", "LessThanThreshold"})
BAND_RISING = frozenset({"GreaterThanUpperThreshold", "LessThanLowerOrGreaterThanUpperThreshold"})
ADDING = frozenset({"Sum"})
COUNTING = frozenset({"SampleCount"})
HIGHEST = frozenset({"Maximum"})
COUNTS = frozenset({"count", "count(*)", "count()"})
"""What a log alarm may make of the results of its query, so that it rises with their number."""
REFUSALS = {
    "forbidden": "a Secret refused to a known user (403)",
    "anonymous": "an anonymous request refused (403)",
    "unauthenticated": "a request without credentials (401, no user)",
}
"""The wanted probes, as events that queries are tried on."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """Why an alarm does not do what it is there for."""

    text: Text
    level: Level | None = None
    """A milder level, where a person has to judge."""


@dataclass(frozen=True, slots=True)
class Source:
    """A metric that counts refused requests, and by which filters."""

    metric: Transformation
    counts: frozenset[str]
    possible: frozenset[str]
    gap: Gap | None


@dataclass(frozen=True, slots=True)
class Watch:
    """An alarm that looks at such a metric."""

    alarm: MetricAlarm
    term: AlarmTerm
    source: Source
    flaws: tuple[Flaw, ...]


def sources(judged: Sequence[Tried]) -> dict[tuple[str, str], Source]:
    """Return the metrics that count refused requests, or may count them, by namespace and name."""
    found: dict[tuple[str, str], Source] = {}
    for item in judged:
        for metric in item.writes:
            if item.may_count:
                key = (metric.namespace, metric.name)
                known = found.get(key)
                found[key] = Source(
                    metric=metric,
                    counts=union([item.counts, known.counts if known else frozenset()]),
                    possible=union([item.may_count, known.possible if known else frozenset()]),
                    gap=item.gap or (known.gap if known else None),
                )
    return found


def watches(alarms: Alarms, metrics: dict[tuple[str, str], Source]) -> list[Watch]:
    """Return the alarms that look at one of *metrics*, directly or through metric math, by name."""
    found: list[Watch] = []
    for alarm in alarms.metric:
        for term in alarm.terms:
            source = metrics.get(_measured(term))
            if source is not None:
                found.append(Watch(alarm, term, source, tuple(_flaws(alarm, term, source, alarms))))
    return found


def _measured(term: AlarmTerm) -> tuple[str, str]:
    """Return the namespace and name that a term measures, itself or by a query of Metrics Insights."""
    query = SELECT.fullmatch(term.expression)
    return (query[3] or query[4], query[2]) if query else (term.namespace, term.metric)


@dataclass(frozen=True, slots=True)
class Raised:
    """An alarm that a rise of refused requests raises."""

    alarm: MetricAlarm | LogAlarm
    counts: frozenset[str]
    """The wanted probes that do."""


def querying(alarms: Alarms | Gap, group_arn: str) -> tuple[Raised, ...]:
    """Return the log alarms whose queries of the log group find refused requests for certain, and rise with them."""
    if isinstance(alarms, Gap) or isinstance(alarms.log, Gap):
        return ()
    sound = [alarm for alarm in alarms.log if alarm.reads(group_arn) and _sound_query_alarm(alarm)]
    found = (Raised(alarm, _found(alarm.query)) for alarm in sound)
    return tuple(item for item in found if item.counts)


def _sound_query_alarm(alarm: LogAlarm) -> bool:
    reached = alarm.threshold > 0 or (alarm.threshold == 0 and alarm.comparison == "GreaterThanThreshold")
    return _counts_results(alarm) and reached and alarm.comparison in RISING and not alarm.evaluation


def _counts_results(alarm: LogAlarm) -> bool:
    return not alarm.aggregation or alarm.aggregation.replace(" ", "").lower() in COUNTS


def _found(query: str) -> frozenset[str]:
    trial = try_query(query)
    if isinstance(trial, str) or trial.routine:
        return frozenset()
    return frozenset(probe for probe, event in REFUSALS.items() if event in trial.found)


def reading_log(alarms: Alarms, group_arn: str, wanted: frozenset[str] = WANTED) -> tuple[LogAlarm, ...] | Gap:
    """Return the log alarms that query the log group, but for those known not to rise with the *wanted* probes."""
    if isinstance(alarms.log, Gap):
        return alarms.log
    events = {event for probe, event in REFUSALS.items() if probe in wanted}
    falling = [alarm.name for alarm in alarms.log if _counts_results(alarm) and alarm.comparison in FALLING]
    reading = (alarm for alarm in alarms.log if alarm.reads(group_arn) and alarm.name not in falling)
    return tuple(alarm for alarm in reading if _may_find(alarm.query, events))


def _may_find(query: str, events: set[str]) -> bool:
    trial = try_query(query)
    return isinstance(trial, str) or (not trial.routine and bool(events & (trial.found | trial.open)))


def _flaws(alarm: MetricAlarm, term: AlarmTerm, source: Source, alarms: Alarms) -> Iterator[Flaw]:
    name = alarm.name
    yield from _dimension_flaws(name, term, source)
    sign = _sign(alarm, term)
    if sign is None:
        shown = next((other.expression for other in alarm.terms if other.returned), "")
        yield Flaw(Text("ALM-02.expression", alarm=name, expression=shown), Level.ADVISED)
        return
    if not _rises(alarm, sign):
        yield Flaw(Text("ALM-02.direction", alarm=name, comparison=alarm.comparison or "none"))
        return
    yield from _threshold_flaws(alarm, term, source)
    yield from _data_flaws(alarm, source, alarms)


def _dimension_flaws(name: str, term: AlarmTerm, source: Source) -> Iterator[Flaw]:
    query = SELECT.fullmatch(term.expression)
    if query is not None:
        if query[5].strip():
            yield Flaw(Text("ALM-02.narrow", alarm=name, dimensions=(query[5].strip(),)), Level.ADVISED)
        return
    if frozenset(term.dimensions) != source.metric.dimensions:
        written = tuple(sorted(source.metric.dimensions))
        yield Flaw(Text("ALM-02.dimensions", alarm=name, looked=tuple(sorted(term.dimensions)), written=written))
    elif term.dimensions:
        chosen = tuple(f"{key}={value}" for key, value in sorted(term.dimensions.items()))
        yield Flaw(Text("ALM-02.narrow", alarm=name, dimensions=chosen), Level.ADVISED)


def _sign(alarm: MetricAlarm, term: AlarmTerm) -> int | None:
    """Return whether what the alarm compares rises (1) or falls (-1) with the metric; None: not known."""
    if term.returned:
        return 1
    others = tuple(other.id for other in alarm.terms if other.id != term.id)
    results = [other for other in alarm.terms if other.returned and other.id != alarm.threshold_term]
    if len(results) != 1 or not results[0].expression:
        return None
    return direction(results[0].expression, term.id, others)


def _rises(alarm: MetricAlarm, sign: int) -> bool:
    if alarm.threshold_term:
        return sign > 0 and alarm.comparison in BAND_RISING
    return alarm.comparison in (RISING if sign > 0 else FALLING if sign < 0 else frozenset())


def _threshold_flaws(alarm: MetricAlarm, term: AlarmTerm, source: Source) -> Iterator[Flaw]:
    name, stat = alarm.name, term.stat
    if SELECT.fullmatch(term.expression) is None:
        if stat in COUNTING and source.metric.default is not None:
            yield Flaw(Text("ALM-02.sample_count", alarm=name))
        elif stat not in ADDING | COUNTING | HIGHEST:
            yield Flaw(Text("ALM-02.statistic", alarm=name, statistic=stat or "none"))
    if alarm.threshold is not None and term.returned:
        yield from _number_flaws(alarm, term, source, alarm.threshold)
    needed = timedelta(seconds=period(alarm) * alarm.datapoints)
    if needed > SLOWEST:
        yield Flaw(Text("ALM-02.slow", alarm=name, needed=needed), Level.ADVISED)


def _number_flaws(alarm: MetricAlarm, term: AlarmTerm, source: Source, threshold: float) -> Iterator[Flaw]:
    shown = f"{threshold:g}"
    strict = alarm.comparison == "GreaterThanThreshold"
    if threshold < 0 or (threshold == 0 and not strict):
        yield Flaw(Text("ALM-02.always", alarm=alarm.name, threshold=shown))
    elif term.stat in HIGHEST and _highest(source) is not None:
        top = _highest(source) or 0.0
        if threshold > top or (strict and threshold == top):
            yield Flaw(Text("ALM-02.never", alarm=alarm.name, threshold=shown, statistic=term.stat))
    elif threshold * 3600 > HIGHEST_PER_HOUR * period(alarm) > 0:
        lasting = timedelta(seconds=period(alarm))
        yield Flaw(Text("ALM-02.high", alarm=alarm.name, threshold=shown, period=lasting), Level.ADVISED)


def _highest(source: Source) -> float | None:
    """Return the largest value of one event; None: it is a field of the event."""
    try:
        return float(source.metric.value)
    except ValueError:
        return None


def _data_flaws(alarm: MetricAlarm, source: Source, alarms: Alarms) -> Iterator[Flaw]:
    quiet = source.metric.default is None
    if alarm.evaluation in {"EVALUATION_ERROR", "EVALUATION_FAILURE"}:
        yield Flaw(Text("ALM-02.evaluation", alarm=alarm.name, state=alarm.evaluation))
    if quiet and alarm.missing == "breaching":
        yield Flaw(Text("ALM-02.missing_breaching", alarm=alarm.name))
    if quiet and alarm.missing == "ignore":
        yield Flaw(Text("ALM-02.missing_ignored", alarm=alarm.name))
    since = alarms.read_at - alarm.state_since
    if alarm.state == "INSUFFICIENT_DATA" and since > STUCK:
        level = Level.ADVISED if quiet else None
        yield Flaw(Text("ALM-02.stuck", alarm=alarm.name, since=alarm.state_since), level)


def period(alarm: MetricAlarm) -> int:
    """Return the period of the alarm in seconds: the longest of its terms."""
    return max((term.period for term in alarm.terms), default=0)
