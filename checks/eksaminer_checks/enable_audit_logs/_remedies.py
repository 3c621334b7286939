"""What sets how long a log group keeps its events."""

RETENTION = {
    "terraform": """\
import {{
  to = aws_cloudwatch_log_group.audit
  id = {log_group}
}}

resource "aws_cloudwatch_log_group" "audit" {{
  name = {log_group}
  retention_in_days = {valid_retention_days}
}}""",
    "cloudformation": """\
Resources:
  AuditLog:
    Type: AWS::Logs::LogGroup
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties:
      LogGroupName: {log_group}
      RetentionInDays: {valid_retention_days}""",
    "console": "CloudWatch › Log Management › {log_group} › Actions › Edit retention setting › "
    "{valid_retention_days} days › Save",
}
