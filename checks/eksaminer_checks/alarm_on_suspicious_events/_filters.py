"""Which metric filters count refused requests: tried on made-up events, not read."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from eksaminer.api import (
    UNWANTED_PROBES,
    WANTED_PROBES,
    AuditLogSubscriptions,
    AuditMetricFilters,
    FilterPattern,
    Gap,
    GuardDuty,
    Level,
    MetricFilter,
    Probe,
    SubscriptionFilter,
    Transformation,
)

Sight = Literal["yes", "no", "open", "unknown"]
"""`open`: it depends on what the documentation leaves open; `unknown`: nobody could tell."""

WANTED = frozenset(probe.id for probe in WANTED_PROBES)
BY_DOCUMENTATION = "the documentation of filter patterns (as of 2026-11-23)"
BY_AWS = "TestMetricFilter"


@dataclass(frozen=True, slots=True)
class Tried:
    """A metric filter and what it does with the probes."""

    filter: MetricFilter
    matched: frozenset[str]
    """The wanted probes that it matches, for certain."""
    possible: frozenset[str]
    """Those that it may match as well."""
    noise: tuple[str, ...]
    """What it matches of requests that succeeded."""
    unsure_noise: bool
    """Whether it is not known for certain that it leaves requests that succeeded out."""
    questions: tuple[str, ...]
    """What the answer depends on, of what the documentation leaves open."""
    gap: Gap | None
    """Why it is not known for certain what it matches."""
    disputed: tuple[str, ...]
    """Probes of which AWS says otherwise than the documentation."""

    @property
    def counts(self) -> frozenset[str]:
        """The wanted probes that it counts, and no request that succeeded."""
        return frozenset() if self.noise or self.unsure_noise or not self.writes else self.matched

    @property
    def may_count(self) -> frozenset[str]:
        """The wanted probes that it counts, or may count."""
        return frozenset() if self.noise or not self.writes else self.matched | self.possible

    @property
    def writes(self) -> tuple[Transformation, ...]:
        """The metrics that a matching event makes rise."""
        return tuple(item for item in self.filter.metrics if _rises(item))


def _rises(metric: Transformation) -> bool:
    """Whether a matching event adds to the metric: a number above 0, or a field of the event."""
    try:
        return float(metric.value) > 0
    except ValueError:
        return metric.value.startswith("$")


def tried(filters: Iterable[MetricFilter]) -> tuple[Tried, ...]:
    """Try each filter on the probes: as AWS answered, or else as the documentation says."""
    return tuple(_try(item) for item in filters)


def _try(item: MetricFilter) -> Tried:
    own = {} if item.unreadable else _own(item.pattern)
    sights: dict[str, Sight] = {name: sight for name, (sight, _) in own.items()}
    disputed: tuple[str, ...] = ()
    if not isinstance(item.tested, Gap):
        aws: dict[str, Sight] = {probe.id: "yes" if probe.id in item.tested else "no" for probe in _PROBES}
        disputed = tuple(probe.what for probe in _PROBES if {sights.get(probe.id), aws[probe.id]} == {"yes", "no"})
        sights = aws
    open_ids = {name for name, sight in sights.items() if sight == "open"}
    unsure = open_ids if sights else {probe.id for probe in _PROBES}
    return Tried(
        filter=item,
        matched=frozenset(name for name in WANTED if sights.get(name) == "yes"),
        possible=frozenset(unsure & WANTED),
        noise=tuple(probe.what for probe in UNWANTED_PROBES if sights.get(probe.id) == "yes"),
        unsure_noise=any(probe.id in unsure for probe in UNWANTED_PROBES),
        questions=tuple(sorted({question for name in open_ids for question in own[name][1]})),
        gap=_gap(item) if unsure else None,
        disputed=disputed,
    )


_PROBES: tuple[Probe, ...] = (*WANTED_PROBES, *UNWANTED_PROBES)


@lru_cache(maxsize=4_096)
def _own(pattern: str) -> dict[str, tuple[Sight, tuple[str, ...]]]:
    """Return what the probes give by the documentation; several checks ask for the same patterns."""
    parsed = FilterPattern.parse(pattern)
    answers = {probe.id: parsed.answer(probe.message) for probe in _PROBES}
    return {
        name: (("open" if answer.depends_on else "yes" if answer.matches else "no"), tuple(answer.depends_on))
        for name, answer in answers.items()
    }


def _gap(item: MetricFilter) -> Gap | None:
    """Return why nobody knows: the program cannot read the pattern, or AWS was not heard on an open question."""
    if item.unreadable is not None:
        return item.unreadable
    return item.tested if isinstance(item.tested, Gap) else None


def names(probes: Iterable[str]) -> tuple[str, ...]:
    """Return the probes of these ids in words, in their order."""
    wanted = set(probes)
    return tuple(probe.what for probe in _PROBES if probe.id in wanted)


def union(parts: Iterable[frozenset[str]]) -> frozenset[str]:
    """Return what is in any of *parts*."""
    return frozenset[str]().union(*parts)


def read_by(judged: Sequence[Tried]) -> str:
    """Return who said what the filters match."""
    asked = [isinstance(item.filter.tested, Gap) for item in judged]
    if all(asked):
        return BY_DOCUMENTATION
    return f"{BY_AWS} and {BY_DOCUMENTATION}" if any(asked) else BY_AWS


# What watches instead ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Instead:
    """What watches the audit log in the place of an alarm, as far as that is known."""

    controls: tuple[str, ...]
    unknown: tuple[Gap, ...]

    @property
    def level(self) -> Level | None:
        """The level of a deviation: milder where something else watches."""
        return Level.ADVISED if self.controls else None


def instead(guardduty: GuardDuty | Gap, subscriptions: AuditLogSubscriptions | Gap) -> Instead:
    """Return what else watches: GuardDuty, or whoever is sent the refused requests."""
    controls: list[str] = []
    unknown: list[Gap] = []
    if isinstance(guardduty, Gap):
        unknown.append(guardduty)
    elif guardduty.watches:
        controls.append("GuardDuty EKS audit log monitoring")
    if isinstance(subscriptions, Gap):
        unknown.append(subscriptions)
    else:
        controls += [f"the subscription filter {item.name} to {item.destination}" for item in _passing(subscriptions)]
        unknown += [item.unreadable for item in subscriptions.filters if item.unreadable is not None]
    return Instead(tuple(controls), tuple(unknown))


def _passing(subscriptions: AuditLogSubscriptions) -> Iterator[SubscriptionFilter]:
    for item in subscriptions.filters:
        if item.unreadable is None and _passes(FilterPattern.parse(item.pattern)):
            yield item


def _passes(pattern: FilterPattern) -> bool:
    answers = [pattern.answer(probe.message) for probe in WANTED_PROBES]
    return all(answer.matches and not answer.depends_on for answer in answers)


def metrics_of(filters: AuditMetricFilters) -> tuple[str, ...]:
    """Return the metrics of all filters, as people name them."""
    return tuple(sorted({f"{item.namespace}/{item.name}" for each in filters.filters for item in each.metrics}))
