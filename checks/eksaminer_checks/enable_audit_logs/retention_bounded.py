"""LOG-05: the retention of the audit log has an end."""

from collections.abc import Iterator
from datetime import timedelta

from eksaminer.api import (
    AuditLogGroup,
    Basis,
    Criteria,
    Level,
    Scope,
    Severity,
    Text,
    Verdict,
    check,
    conforms,
    deviates,
)
from eksaminer_checks.enable_audit_logs._remedies import RETENTION


@check(
    id="LOG-05",
    title="The retention of the audit log is bounded",
    scope=Scope.CLUSTER,
    severity=Severity.LOW,
    basis=Basis.BEYOND,
    recommendation="enable-audit-logs",
    criterion="Events expire; and no later than the largest number of days allowed, where one is set.",
    remediation="Set a retention on the log group: events that never expire cost more every month, and audit events "
    "hold personal data.",
    references=("https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/Working-with-log-groups-and-streams.html",),
    level=Level.ADVISED,
    deviations=(Level.REQUIRED, Level.ADVISED),
    prerequisites=("LOG-01",),
    remedies=RETENTION,
    texts={
        "LOG-05.bounded": "Events expire after {kept}.",
        "LOG-05.forever": "Events never expire.",
        "LOG-05.forever_limit": "Events never expire; at most {limit} are allowed.",
        "LOG-05.too_long": "Events expire after {kept}; at most {limit} are allowed.",
    },
)
def retention_bounded(group: AuditLogGroup, criteria: Criteria) -> Iterator[Verdict]:
    """EKS creates the log group without a retention: left alone it grows, and is paid for, for ever."""
    limit = None if criteria.maximum_retention_days is None else timedelta(days=criteria.maximum_retention_days)
    kept = None if group.retention_days is None else timedelta(days=group.retention_days)
    if kept is None:
        text = Text("LOG-05.forever") if limit is None else Text("LOG-05.forever_limit", limit=limit)
        yield deviates(group.resource, text, level=None if limit is None else Level.REQUIRED)
    elif limit is not None and kept > limit:
        yield deviates(group.resource, Text("LOG-05.too_long", kept=kept, limit=limit), level=Level.REQUIRED)
    else:
        yield conforms(group.resource, Text("LOG-05.bounded", kept=kept))
