"""LOG-07: the class of the log group allows what the guide asks for."""

from collections.abc import Iterator

from eksaminer.api import AuditLogGroup, Basis, Level, Scope, Severity, Text, Verdict, check, conforms, deviates

LIMITS = {
    "INFREQUENT_ACCESS": "no metric filters, no subscription filters and no Live Tail, so the guide's alarm on 401 and "
    "403 cannot be a metric filter",
    "DELIVERY": "no queries: events are only passed on",
}
"""What a class lacks of what the guide asks for (CloudWatch Logs user guide, log classes; read 2026-11)."""

REMEDIES = {
    "terraform": """\
# The class of a log group cannot be changed: this replaces the group, and its events are lost.
resource "aws_cloudwatch_log_group" "audit" {{
  name            = {log_group}
  log_group_class = "STANDARD"
}}""",
    "cloudformation": """\
# The class of a log group cannot be changed: a new group takes the place of the old one.
Resources:
  AuditLog:
    Type: AWS::Logs::LogGroup
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties:
      LogGroupName: {log_group}
      LogGroupClass: STANDARD""",
}


@check(
    id="LOG-07",
    title="The log class allows metric filters and queries",
    scope=Scope.CLUSTER,
    severity=Severity.MEDIUM,
    basis=Basis.GUIDE,
    recommendation="enable-audit-logs",
    criterion="The log group is of the class Standard, which metric filters and all queries of the guide work on.",
    remediation="The class of a log group cannot be changed: let EKS write to a new group (delete the old one after "
    "its events have been kept elsewhere), or watch the log with scheduled queries.",
    references=("https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch_Logs_Log_Classes.html",),
    level=Level.ADVISED,
    prerequisites=("LOG-01",),
    remedies=REMEDIES,
    texts={
        "LOG-07.standard": "The log group is of the class Standard.",
        "LOG-07.limited": "The log group is of the class {log_class}: {limit}.",
        "LOG-07.unknown": "The log group is of the class {log_class}; what works on it is not known to this version.",
    },
)
def log_class_sufficient(group: AuditLogGroup) -> Iterator[Verdict]:
    """Infrequent Access halves the price of ingestion and takes away the alarms that the guide asks for."""
    if group.log_class == "STANDARD":
        yield conforms(group.resource, Text("LOG-07.standard"), seen={"class": group.log_class})
        return
    limit = LIMITS.get(group.log_class)
    if limit is None:
        text = Text("LOG-07.unknown", log_class=group.log_class)
    else:
        text = Text("LOG-07.limited", log_class=group.log_class, limit=limit)
    yield deviates(group.resource, text, seen={"class": group.log_class})
