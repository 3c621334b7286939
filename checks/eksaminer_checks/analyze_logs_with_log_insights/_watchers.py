"""What watches the audit log of a cluster, and what of the guide's subjects each finds: tried, not read."""

from collections.abc import Iterator
from dataclasses import dataclass

from eksaminer.api import (
    Alarms,
    AuditLogSubscriptions,
    AuditMetricFilters,
    Gap,
    GuardDuty,
    SavedQueries,
    ScheduledQueries,
    ScheduledQuery,
    Subject,
    Trial,
    about_audit_events,
    try_pattern,
    try_query,
)

FAILING = frozenset({"Failed", "InvalidQuery", "Timeout"})
"""States of the last run of a scheduled query that gave no result."""


@dataclass(frozen=True, slots=True)
class Watcher:
    """A query or filter that looks at the log group."""

    label: str
    """`the saved query NAME`."""
    found: frozenset[str]
    """The events that it finds for certain."""
    open: frozenset[str] = frozenset()
    """Those that it may find as well."""
    gap: Gap | None = None
    """Why that is not known."""
    everything: bool = False
    """It may find anything: what it looks at cannot be read."""

    def may_find(self, event: str) -> bool:
        """Whether it finds an event, or may find it."""
        return self.everything or event in self.found | self.open


@dataclass(frozen=True, slots=True)
class Sight:
    """How a subject is watched."""

    subject: Subject
    by: tuple[str, ...]
    """Who finds at least one of the events it needs."""
    missed: tuple[str, ...]
    """The events it needs that nobody finds for certain."""
    overlooked: tuple[str, ...]
    """The events that the guide's own query overlooks, and nobody else finds either."""
    gap: Gap | None
    """Why it is not known whether somebody finds what is missed; None: nobody does."""
    doubted: tuple[str, ...]
    """Who may find it."""


def sight(subject: Subject, watchers: tuple[Watcher, ...]) -> Sight:
    """Return how *watchers* together watch *subject*."""
    found = frozenset[str]().union(*(watcher.found for watcher in watchers))
    needed = {event.what for event in subject.needed}
    missed = tuple(event.what for event in subject.needed if event.what not in found)
    doubted = [watcher for watcher in watchers if watcher.gap and any(map(watcher.may_find, missed))]
    return Sight(
        subject=subject,
        by=tuple(sorted(watcher.label for watcher in watchers if watcher.found & needed)),
        missed=missed,
        overlooked=tuple(event.what for event in subject.events if event.beyond and event.what not in found),
        gap=doubted[0].gap if doubted else None,
        doubted=tuple(watcher.label for watcher in doubted),
    )


def saved(queries: SavedQueries | Gap, group_arn: str) -> Iterator[Watcher]:
    """Give the saved queries that are for the log group, or for any."""
    if isinstance(queries, Gap):
        return
    for item in queries.queries:
        if item.may_read(group_arn):
            yield from _of_query(f"the saved query {item.name}", item.query, item.unsure, named=bool(item.log_groups))


def scheduled(queries: ScheduledQueries | Gap, group_arn: str) -> Iterator[Watcher]:
    """Give the scheduled queries of the log group that are enabled and do not fail."""
    if isinstance(queries, Gap):
        return
    for item in queries.queries:
        if isinstance(item, ScheduledQuery) and item.enabled and item.reads(group_arn) and runs(item):
            yield from _of_query(f"the scheduled query {item.name}", item.query, item.unsure, named=True)


def runs(query: ScheduledQuery) -> bool:
    """Whether its last run, if it had one, gave a result."""
    return query.last_status not in FAILING


def log_alarms(alarms: Alarms | Gap, group_arn: str) -> Iterator[Watcher]:
    """Give the log alarms that query the log group."""
    if isinstance(alarms, Gap) or isinstance(alarms.log, Gap):
        return
    for item in alarms.log:
        if item.reads(group_arn):
            yield from _of_query(f"the log alarm {item.name}", item.query, item.unsure, named=True)


def _of_query(label: str, query: str, unsure: Gap | None, *, named: bool) -> Iterator[Watcher]:
    """Give the watcher that a query is; none for one about other logs, or that lists the log."""
    trial = try_query(query)
    if isinstance(trial, Trial):
        if not trial.routine and trial.found | trial.open:
            yield Watcher(label, trial.found, trial.open, unsure)
    elif unsure is not None and (named or about_audit_events(query)):
        yield Watcher(label, frozenset(), gap=unsure, everything=True)


def filters(metric_filters: AuditMetricFilters | Gap) -> Iterator[Watcher]:
    """Give the metric filters of the log group."""
    if not isinstance(metric_filters, Gap):
        for item in metric_filters.filters:
            yield from _of_pattern(f"the metric filter {item.name}", item.pattern, item.unreadable)


def selective(subscriptions: AuditLogSubscriptions | Gap) -> Iterator[Watcher]:
    """Give the subscription filters that pass on a part of the log alone."""
    if not isinstance(subscriptions, Gap):
        for item in subscriptions.filters:
            yield from _of_pattern(f"the subscription filter {item.name}", item.pattern, item.unreadable)


def _of_pattern(label: str, pattern: str, unreadable: Gap | None) -> Iterator[Watcher]:
    if unreadable is not None:
        yield Watcher(label, frozenset(), gap=unreadable, everything=True)
        return
    trial = try_pattern(pattern)
    if isinstance(trial, Trial) and not trial.routine and trial.found:
        yield Watcher(label, trial.found)


def consumers(guardduty: GuardDuty | Gap, subscriptions: AuditLogSubscriptions | Gap) -> tuple[str, ...]:
    """Return who reads the whole audit log: what these look for is theirs."""
    found = ["GuardDuty EKS audit log monitoring"] if isinstance(guardduty, GuardDuty) and guardduty.watches else []
    if not isinstance(subscriptions, Gap):
        whole = [item for item in subscriptions.filters if item.unreadable is None and _passes_all(item.pattern)]
        found += [f"the subscription filter {item.name} to {item.destination}" for item in whole]
    return tuple(found)


def _passes_all(pattern: str) -> bool:
    trial = try_pattern(pattern)
    return isinstance(trial, Trial) and bool(trial.routine)
