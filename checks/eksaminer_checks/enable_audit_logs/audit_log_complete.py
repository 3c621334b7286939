"""LOG-10: no gap or truncation seen."""

from collections.abc import Iterator
from datetime import timedelta

from eksaminer.api import (
    AuditLogGroup,
    AuditLogScan,
    Basis,
    Criteria,
    Gap,
    Level,
    Period,
    Scope,
    Severity,
    Target,
    Text,
    Verdict,
    check,
    conforms,
    deviates,
    longest_of,
    total_of,
    unseen,
)

GAPS, TRUNCATION, KEPT, LAG = "gaps", "truncation", "kept", "lag"


@check(
    id="LOG-10",
    title="The audit log covers the period, has no gap, and no event of it was cut",
    scope=Scope.CLUSTER,
    severity=Severity.MEDIUM,
    basis=Basis.GUIDE,
    recommendation="enable-audit-logs",
    level=Level.ADVISED,
    levels={GAPS: Level.ADVISED, TRUNCATION: Level.ADVISED, KEPT: Level.ADVISED, LAG: Level.ADVISED},
    deviations=(Level.REQUIRED, Level.ADVISED),
    criterion="The log group can hold the events of the whole audit period (--period). The window holds no span "
    "without any audit event of five minutes or longer (criteria.gap_minutes), and no event that was cut or took that "
    "long to arrive. A gap of an hour or longer (criteria.long_gap_minutes) is a FAIL. Controllers ask the API server "
    "every few seconds, so that even an idle cluster has no such span; a cluster that was stopped, or a log that was "
    "exported in parts, has. "
    "CloudWatch Logs takes events up to 1 MB today; the guide still says 256 KB.",
    remediation="Find out whether the API server ran then (AWS Health, node and controller logs), whether audit "
    "logging was off (CloudTrail, UpdateClusterConfig)"
    ", and whether the export was complete. Read cut events by their audit id in the systems that they changed.",
    references=("https://docs.aws.amazon.com/eks/latest/userguide/control-plane-logs.html",),
    texts={
        "LOG-10.kept": "The log group can hold the events of the whole audit period, {since} to {until}: it exists "
        "since {created} and its retention is {kept}.",
        "LOG-10.kept_for_ever": "The log group can hold the events of the whole audit period, {since} to {until}: it "
        "exists since {created} and its events never expire.",
        "LOG-10.expired": "Of the audit period, {since} to {until}, the log group can hold the events since {oldest} "
        "alone: its retention is {kept}.",
        "LOG-10.created": "Of the audit period, {since} to {until}, the log group can hold the events since {oldest} "
        "alone: it was created then.",
        "LOG-10.no_gap": "No gap of {shortest} or longer was seen between {since} and {until}. EKS delivers logs as "
        "best it can: that no single event was lost cannot be seen.",
        "LOG-10.gaps": "Spans of {shortest} or longer without any audit event: {count}, {silent} at least in all; the "
        "longest from {since} to {until}. Nothing happened then, or what happened is not in the log.",
        "LOG-10.prompt": "Each of the {events} events fetched arrived in CloudWatch Logs within {longest}.",
        "LOG-10.late": "Of the {events} events fetched, the slowest arrived in CloudWatch Logs {longest} after it "
        "happened ({shortest} or longer): alarms and searches see such events as late as that.",
        "LOG-10.whole": "No cut event was seen among the {events} events read.",
        "LOG-10.whole_asked": "No line that CloudWatch cut was found among the {events} log events searched. Events "
        "that the API server cut itself were not asked for.",
        "LOG-10.cut": "Events of which a part was cut: {count}. What they changed may not be in the log, and rules "
        "that look into bodies cannot judge them.",
    },
)
def audit_log_complete(
    scan: AuditLogScan | Gap,
    group: AuditLogGroup | Gap,
    criteria: Criteria,
    target: Target,
    period: Period,
) -> Iterator[Verdict]:
    """A log with a hole, or with events whose end is missing, cannot show what happened there."""
    if isinstance(scan, Gap):
        yield unseen(target.resource, scan)
    else:
        yield from _gaps(scan, criteria, target)
        yield from _truncation(scan, target)
        yield from _lag(scan, criteria, target)
    yield _kept(group, target, period)


def _kept(group: AuditLogGroup | Gap, target: Target, period: Period) -> Verdict:
    """Judge which part of the audit period the log can answer for, whether it was read or not."""
    if isinstance(group, Gap):
        return unseen(target.resource, group, aspect=KEPT)
    days = None if group.retention_days is None else timedelta(days=group.retention_days)
    expired = period.since if days is None else period.until - days
    oldest = max(group.created_at, expired)
    times = {"since": period.since, "until": period.until}
    if oldest <= period.since and days is None:
        text = Text("LOG-10.kept_for_ever", **times, created=group.created_at)
    elif oldest <= period.since:
        text = Text("LOG-10.kept", **times, created=group.created_at, kept=days or timedelta())
    elif oldest == group.created_at:
        return deviates(target.resource, Text("LOG-10.created", **times, oldest=oldest), aspect=KEPT)
    else:
        text = Text("LOG-10.expired", **times, oldest=oldest, kept=days or timedelta())
        return deviates(target.resource, text, aspect=KEPT)
    return conforms(target.resource, text, aspect=KEPT)


def _gaps(scan: AuditLogScan, criteria: Criteria, target: Target) -> Iterator[Verdict]:
    if isinstance(scan.time_coverage, Gap):
        yield unseen(target.resource, scan.time_coverage, aspect=GAPS)
        return
    shortest, window = timedelta(minutes=criteria.gap_minutes), scan.window
    spans = scan.silences(criteria.gap_minutes)
    if not spans:
        if scan.unread is not None:
            yield unseen(target.resource, scan.unread, aspect=GAPS)
            return
        text = Text("LOG-10.no_gap", shortest=shortest, since=window.since, until=window.until)
        yield conforms(target.resource, text, aspect=GAPS, throughout=window)
        return
    longest = longest_of(spans)
    hole = longest.until - longest.since >= timedelta(minutes=criteria.long_gap_minutes)
    text = Text(
        "LOG-10.gaps",
        shortest=shortest,
        count=len(spans),
        silent=total_of(spans),
        since=longest.since,
        until=longest.until,
    )
    limits = () if scan.unread is None else (scan.unread,)
    level = Level.REQUIRED if hole else None
    yield deviates(target.resource, text, aspect=GAPS, throughout=window, level=level, limits=limits)


def _truncation(scan: AuditLogScan, target: Target) -> Iterator[Verdict]:
    cut = scan.accounting.truncated
    limits = () if scan.unread is None else (scan.unread,)
    if cut:
        text = Text("LOG-10.cut", count=cut)
        yield deviates(target.resource, text, aspect=TRUNCATION, throughout=scan.window, limits=limits)
    elif scan.unread is not None:
        yield unseen(target.resource, scan.unread, aspect=TRUNCATION)
    else:
        name = "LOG-10.whole_asked" if scan.origin == "cloudwatch" else "LOG-10.whole"
        text = Text(name, events=scan.events_read)
        yield conforms(target.resource, text, aspect=TRUNCATION, throughout=scan.window)


def _lag(scan: AuditLogScan, criteria: Criteria, target: Target) -> Iterator[Verdict]:
    """Judge how late events arrive; exported logs do not say it."""
    if scan.arrival is None:
        return
    events, longest = scan.arrival.events, scan.arrival.longest
    shortest = timedelta(minutes=criteria.gap_minutes)
    if longest < shortest:
        text = Text("LOG-10.prompt", events=events, longest=longest)
        yield conforms(target.resource, text, aspect=LAG, throughout=scan.window)
    else:
        text = Text("LOG-10.late", events=events, longest=longest, shortest=shortest)
        yield deviates(target.resource, text, aspect=LAG, throughout=scan.window)
