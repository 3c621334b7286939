"""LOG-08: the log group is protected from deletion."""

from collections.abc import Iterator

from eksaminer.api import (
    AuditLogGroup,
    Basis,
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

REMEDIES = {
    "terraform": """\
import {{
  to = aws_cloudwatch_log_group.audit
  id = {log_group}
}}

resource "aws_cloudwatch_log_group" "audit" {{
  name = {log_group}
  deletion_protection_enabled = true
}}""",
    "cloudformation": """\
Resources:
  AuditLog:
    Type: AWS::Logs::LogGroup
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties:
      LogGroupName: {log_group}
      DeletionProtectionEnabled: true""",
    "console": "CloudWatch › Log Management › {log_group} › Actions › Edit deletion protection › Submit",
}


@check(
    id="LOG-08",
    title="The log group is protected from deletion",
    scope=Scope.CLUSTER,
    severity=Severity.LOW,
    basis=Basis.BEYOND,
    recommendation="enable-audit-logs",
    criterion="Deletion protection is on for the cluster's log group.",
    remediation="Switch on deletion protection: deleting the log then takes two separate, recorded calls.",
    command="aws logs put-log-group-deletion-protection --region {region} --log-group-identifier {log_group} "
    "--deletion-protection-enabled",
    references=("https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/Working-with-log-groups-and-streams.html",),
    level=Level.ADVISED,
    prerequisites=("LOG-01",),
    remedies=REMEDIES,
    texts={
        "LOG-08.on": "Deletion protection is on.",
        "LOG-08.off": "Deletion protection is off: one call deletes the whole log.",
    },
)
def deletion_protected(group: AuditLogGroup) -> Iterator[Verdict]:
    """Whoever wants to hide deletes the log; protection makes that two calls instead of one."""
    if isinstance(group.deletion_protection, Gap):
        yield unseen(group.resource, group.deletion_protection)
    elif group.deletion_protection:
        yield conforms(group.resource, Text("LOG-08.on"))
    else:
        yield deviates(group.resource, Text("LOG-08.off"))
