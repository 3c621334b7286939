"""LOG-03: audit events really arrive."""

from collections.abc import Iterator
from datetime import timedelta

from eksaminer.api import (
    AuditLogEnabledSince,
    AuditLogStreams,
    Basis,
    Criteria,
    Gap,
    Level,
    Scope,
    Severity,
    Text,
    Verdict,
    check,
    conforms,
    deviates,
    unseen,
)


@check(
    id="LOG-03",
    title="Audit events arrive in CloudWatch Logs",
    scope=Scope.CLUSTER,
    severity=Severity.HIGH,
    basis=Basis.GUIDE,
    recommendation="enable-audit-logs",
    criterion="The log group of the cluster exists and one of its audit streams holds a fresh event.",
    remediation="Find out why EKS cannot deliver: a deleted log group (switch the log type off and on again), a "
    "disabled KMS key of the group, or a CloudWatch Logs resource policy that is missing or full.",
    references=("https://docs.aws.amazon.com/eks/latest/userguide/control-plane-logs.html",),
    deviations=(Level.REQUIRED, Level.ADVISED),
    prerequisites=("LOG-01",),
    texts={
        "LOG-03.fresh": "The newest audit event arrived {age} before the log was looked at ({newest}).",
        "LOG-03.late": "The newest audit event is {age} old ({newest}): more than {limit}.",
        "LOG-03.stale": "The newest audit event is {age} old ({newest}): more than {limit}. Delivery has stopped.",
        "LOG-03.none": "The log group exists, and no audit stream in it holds an event.",
        "LOG-03.none_since": "No audit stream holds an event since {since}; older streams were not looked at.",
        "LOG-03.no_group": "The audit log is enabled, but the log group {group} does not exist.",
    },
)
def audit_events_arrive(
    streams: AuditLogStreams, since: AuditLogEnabledSince | Gap, criteria: Criteria
) -> Iterator[Verdict]:
    """A setting that is on is not a log that arrives: EKS delivers as best it can and reports no failure.

    CloudWatch updates the time of a stream's last event with a delay, so a few hours of silence are for review.
    """
    finding = _finding(streams, criteria)
    if finding is None:
        text = Text("LOG-03.fresh", age=_age(streams), newest=streams.newest_audit_event or streams.read_at)
        yield conforms(streams.resource, text, seen={"read_at": streams.read_at})
    elif isinstance(since, Gap):
        yield unseen(streams.resource, since)
    elif since.too_recent is not None:
        yield unseen(streams.resource, since.too_recent)
    else:
        text, level = finding
        yield deviates(streams.resource, text, level=level, seen={"read_at": streams.read_at})


def _finding(streams: AuditLogStreams, criteria: Criteria) -> tuple[Text, Level | None] | None:
    newest = streams.newest_audit_event
    if not streams.group_exists:
        return Text("LOG-03.no_group", group=streams.group_arn), None
    if newest is None and streams.searched_since is not None:
        return Text("LOG-03.none_since", since=streams.searched_since), None
    if newest is None:
        return Text("LOG-03.none"), None
    age, stale = _age(streams), timedelta(hours=criteria.stale_after_hours)
    late = timedelta(hours=criteria.late_after_hours)
    if streams.read_at - newest > stale:
        return Text("LOG-03.stale", age=age, newest=newest, limit=stale), None
    if streams.read_at - newest > late:
        return Text("LOG-03.late", age=age, newest=newest, limit=late), Level.ADVISED
    return None


def _age(streams: AuditLogStreams) -> timedelta:
    """Whole minutes, or whole hours from two on: what a reader can take in."""
    age = max(streams.read_at - (streams.newest_audit_event or streams.read_at), timedelta())
    unit = timedelta(hours=1) if age >= timedelta(hours=2) else timedelta(minutes=1)
    return age // unit * unit
