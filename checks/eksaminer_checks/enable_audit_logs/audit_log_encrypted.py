"""LOG-06: the audit log is encrypted as required, with a key that can be used."""

from collections.abc import Iterator

from eksaminer.api import (
    AuditLogGroup,
    AuditLogKey,
    Basis,
    Criteria,
    Gap,
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
  kms_key_id = "KEY_ARN"
}}""",
    "cloudformation": """\
Resources:
  AuditLog:
    Type: AWS::Logs::LogGroup
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties:
      LogGroupName: {log_group}
      KmsKeyId: KEY_ARN""",
}


@check(
    id="LOG-06",
    title="The audit log is encrypted with a usable key",
    scope=Scope.CLUSTER,
    severity=Severity.MEDIUM,
    basis=Basis.BEYOND,
    recommendation="enable-audit-logs",
    criterion="The log group is encrypted (CloudWatch Logs always does); with a customer managed key where that is "
    "required; and a key of the customer is enabled.",
    remediation="Enable the key again or cancel its deletion; where a customer managed key is required, associate one.",
    command="aws logs associate-kms-key --region {region} --log-group-name {log_group} --kms-key-id KEY_ARN",
    references=("https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html",),
    prerequisites=("LOG-01",),
    remedies=REMEDIES,
    texts={
        "LOG-06.aws_owned": "Encrypted with a key that CloudWatch Logs owns; a customer managed key is not required.",
        "LOG-06.no_cmk": "Encrypted with a key that CloudWatch Logs owns; a customer managed key is required.",
        "LOG-06.not_customer": "Encrypted with {key}, which AWS manages; a customer managed key is required.",
        "LOG-06.usable": "Encrypted with {key}, which is enabled.",
        "LOG-06.unusable": "The key {key} is in the state {state}: events can be neither written nor read.",
    },
)
def audit_log_encrypted(group: AuditLogGroup, key: AuditLogKey | Gap, criteria: Criteria) -> Iterator[Verdict]:
    """A key that is disabled or scheduled for deletion takes the whole log with it, silently.

    Whether a customer managed key is required is a decision of the account's owner, or of a framework.
    """
    required = criteria.require_customer_managed_key
    if not group.kms_key:
        if required:
            yield deviates(group.resource, Text("LOG-06.no_cmk"))
        else:
            yield conforms(group.resource, Text("LOG-06.aws_owned"))
    elif isinstance(key, Gap):
        yield unseen(group.resource, key)
    elif key.state != "Enabled":
        text = Text("LOG-06.unusable", key=key.arn, state=key.state)
        yield deviates(group.resource, text, severity=Severity.HIGH, command="")
    elif required and key.manager != "CUSTOMER":
        yield deviates(group.resource, Text("LOG-06.not_customer", key=key.arn))
    else:
        yield conforms(group.resource, Text("LOG-06.usable", key=key.arn))
