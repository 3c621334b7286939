"""ADD-01: what consumes or copies the audit log."""

from collections.abc import Iterator

from eksaminer.api import (
    AuditLogGroup,
    AuditLogSubscriptions,
    Basis,
    Gap,
    KubernetesObjects,
    Level,
    LogCopies,
    Scope,
    Severity,
    SubscriptionFilter,
    Target,
    Text,
    Verdict,
    check,
    conforms,
    not_applicable,
    unseen,
)
from eksaminer_checks.additional_resources._tools import EKSCLOUDWATCH, FALCO, found_in, unread

DESTINATIONS = {
    "firehose": "Amazon Data Firehose",
    "kinesis": "Kinesis Data Streams",
    "lambda": "AWS Lambda",
    "logs": "a destination of CloudWatch Logs",
    "es": "OpenSearch",
}
"""What a subscription filter may send to, by the service in the ARN (CloudWatch Logs API, PutSubscriptionFilter)."""
EXPORTED = frozenset({"COMPLETED", "RUNNING", "PENDING"})
TABLES = "amazon_eks"
"""The name of the data source (Amazon CloudWatch Logs, S3 Tables integration; read 2026-11-23)."""


@check(
    id="ADD-01",
    title="What consumes or copies the audit log",
    scope=Scope.CLUSTER,
    severity=Severity.INFORMATIONAL,
    basis=Basis.GUIDE,
    recommendation="additional-resources",
    criterion="Informs: who is sent the audit log, or keeps a copy of it: subscription filters, exports to S3, "
    "Security Lake, tables of S3, Falco with a plugin for audit logs and ekscloudwatch among the workloads, and "
    "telemetry rules that switch the log on. None of them is required.",
    remediation="Nothing has to be done. The guide suggests Falco with ekscloudwatch where queries no longer suffice, "
    "and a copy in S3 for the analysis of large volumes.",
    references=(
        "https://docs.aws.amazon.com/eks/latest/best-practices/auditing-and-logging.html",
        "https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/Subscriptions.html",
    ),
    level=Level.ADVISED,
    deviations=(),
    prerequisites=("LOG-01",),
    texts={
        "ADD-01.seen": "The audit log is consumed or copied: {consumers}. Whether somebody looks at what arrives there "
        "was not looked at.",
        "ADD-01.none": "None was seen: no subscription filter, export, table of S3 or Security Lake source for this "
        "log, and neither Falco nor ekscloudwatch among the workloads. What reads the log by the API is not seen.",
        "ADD-01.unread": "None was seen, and not all places could be looked at.",
    },
)
def log_consumers(
    group: AuditLogGroup,
    subscriptions: AuditLogSubscriptions | Gap,
    copies: LogCopies | Gap,
    objects: KubernetesObjects | Gap,
    target: Target,
) -> Iterator[Verdict]:
    """A second pair of eyes, or a copy that whoever deletes the log group does not reach.

    It is worth knowing before an incident who has the log as well, and how far back.
    """
    consumers = (*_subscribed(subscriptions), *_copied(copies, group, target), *_workloads(objects))
    gaps = tuple(_gaps(subscriptions, copies, objects))
    if consumers:
        yield conforms(group.resource, Text("ADD-01.seen", consumers=consumers), limits=gaps)
    elif gaps:
        gap = next((gap for gap in gaps if gap.cause.gates), gaps[0])
        yield unseen(group.resource, gap, Text("ADD-01.unread"))
    else:
        yield not_applicable(group.resource, Text("ADD-01.none"))


def _subscribed(subscriptions: AuditLogSubscriptions | Gap) -> Iterator[str]:
    if not isinstance(subscriptions, Gap):
        yield from map(_told, subscriptions.filters)


def _told(item: SubscriptionFilter) -> str:
    service = (item.destination.split(":") + [""] * 3)[2]
    kind = DESTINATIONS.get(service, service or "an unknown kind")
    part = "everything" if not item.pattern.strip() else f"what matches {item.pattern}"
    return f"the subscription filter {item.name} sends {part} to {item.destination} ({kind})"


def _copied(copies: LogCopies | Gap, group: AuditLogGroup, target: Target) -> Iterator[str]:
    if isinstance(copies, Gap):
        return
    for task in () if isinstance(copies.exports, Gap) else copies.exports:
        if task.log_group == group.name and task.status in EXPORTED:
            span = f"{task.since:%Y-%m-%d} to {task.until:%Y-%m-%d}"
            yield f"an export of the events from {span} to the bucket {task.bucket} ({task.status.lower()})"
    if not isinstance(copies.lake, Gap) and target.account in copies.lake.audit_accounts:
        yield f"Security Lake takes in the EKS audit logs of the region ({copies.lake.lake})"
    for table in () if isinstance(copies.tables, Gap) else copies.tables:
        if table.name == TABLES and table.type in {"", "audit"}:
            yield f"tables of S3 hold the source {table.name} {table.type or 'as a whole'} ({table.status.lower()})"
    for rule in () if isinstance(copies.rules, Gap) else copies.rules:
        yield f"the telemetry rule {rule.name} switches audit logs of clusters on"


def _workloads(objects: KubernetesObjects | Gap) -> Iterator[str]:
    if isinstance(objects, Gap):
        return
    for item in found_in(objects, FALCO):
        reads = (
            "with a plugin for audit logs"
            if item.workload.names_plugin
            else "whether it reads the audit log is set in its ConfigMap, which is not read"
        )
        yield f"Falco ({item.label}; {reads})"
    for item in found_in(objects, EKSCLOUDWATCH):
        yield f"ekscloudwatch, which passes the log to Falco ({item.label})"


def _gaps(
    subscriptions: AuditLogSubscriptions | Gap, copies: LogCopies | Gap, objects: KubernetesObjects | Gap
) -> Iterator[Gap]:
    within = () if isinstance(copies, Gap) else (copies.exports, copies.lake, copies.tables, copies.rules)
    workloads = objects if isinstance(objects, Gap) else unread(objects)
    yield from (part for part in (subscriptions, copies, *within, workloads) if isinstance(part, Gap))
