"""What AWS copies of the audit logs of a region: exports, Security Lake, tables of S3, rules that switch logging on."""

from datetime import datetime
from typing import ClassVar

from eksaminer.evidence.model import Calls, Section
from eksaminer.gap import Gap
from eksaminer.outcome import Scope
from eksaminer.record import Record


class ExportTask(Record, frozen=True, kw_only=True):
    """An export of a log group to S3, which CloudWatch Logs remembers for some time."""

    log_group: str
    """Its name."""
    bucket: str
    status: str
    """`COMPLETED`, `RUNNING`, `FAILED` …"""
    since: datetime
    until: datetime
    """The events that it copies."""


class SecurityLake(Record, frozen=True, kw_only=True, tag="security_lake", tag_field="is"):
    """Amazon Security Lake in the region."""

    lake: str
    """Its ARN; empty: there is none."""
    audit_accounts: tuple[str, ...]
    """The accounts whose EKS audit logs it takes in."""


class TableSource(Record, frozen=True, kw_only=True):
    """Logs that CloudWatch keeps as tables of S3."""

    name: str
    """Of the data source, such as `amazon_eks`."""
    type: str
    """Such as `audit`; empty: all of the source."""
    status: str


class TelemetryRule(Record, frozen=True, kw_only=True):
    """A rule of CloudWatch that switches the audit logs of clusters on."""

    name: str
    arn: str


class LogCopies(Section, frozen=True, kw_only=True):
    """What AWS itself copies of the audit logs of a region, part by part."""

    key: ClassVar[str] = "log_copies"
    scope: ClassVar[Scope] = Scope.REGION
    permissions: ClassVar[tuple[str, ...]] = (
        "logs:DescribeExportTasks",
        "logs:ListSourcesForS3TableIntegration",
        "observabilityadmin:ListS3TableIntegrations",
        "observabilityadmin:ListTelemetryRules",
        "securitylake:ListDataLakes",
        "securitylake:ListLogSources",
    )
    calls: ClassVar[Calls] = Calls(
        per_region=4,
        note="ListLogSources where there is a lake, ListSourcesForS3TableIntegration for each integration",
    )

    exports: tuple[ExportTask, ...] | Gap
    lake: SecurityLake | Gap
    tables: tuple[TableSource, ...] | Gap
    rules: tuple[TelemetryRule, ...] | Gap
