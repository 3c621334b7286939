"""What AWS itself copies of the audit logs of a region, each part alone."""

from collections.abc import Callable
from typing import Any, TypeVar

from eksaminer.collect.aws.reader import Reader, from_milliseconds, text
from eksaminer.collect.gaps import MissingError, attempt
from eksaminer.collect.operations import BOTOCORE_FLOOR
from eksaminer.evidence.copies import ExportTask, LogCopies, SecurityLake, TableSource, TelemetryRule
from eksaminer.gap import Cause, Gap

EKS, AUDIT = "AWS::EKS::Cluster", "EKS_AUDIT_LOGS"
LAKE_SOURCE = "EKS_AUDIT"
"""The names that telemetry rules and Security Lake have for the audit log (botocore 1.44.5)."""
P = TypeVar("P")


def read_copies(reader: Reader, account: str) -> LogCopies:
    """Return what AWS copies of the region's audit logs; each part that cannot be read is a gap of its own."""

    def part(read: Callable[[], P], what: str) -> P | Gap:
        return attempt(read, f"{what} in {reader.region}")

    exports = part(lambda: _exports(reader), "the export tasks")
    lake = part(lambda: _lake(reader, account), "Security Lake")
    tables = part(lambda: _tables(reader), "the S3 table integrations")
    rules = part(lambda: _rules(reader), "the telemetry rules")
    return LogCopies(sources=reader.sources, exports=exports, lake=lake, tables=tables, rules=rules)


def _needed(reader: Reader, service: str, operation: str) -> None:
    """Raise `MissingError` where the installed botocore lacks an operation."""
    if not reader.aws.offers(service, operation, reader.region):
        detail = f"The installed botocore has no {service}:{operation}: it needs {BOTOCORE_FLOOR} or newer."
        raise MissingError(Gap(cause=Cause.UNSUPPORTED, detail=detail))


def _exports(reader: Reader) -> tuple[ExportTask, ...]:
    found = reader.items("logs:DescribeExportTasks", "exportTasks")
    tasks = (
        ExportTask(
            log_group=str(item["logGroupName"]),
            bucket=text(item.get("destination")),
            status=text((item.get("status") or {}).get("code")),
            since=from_milliseconds(int(item["from"])),
            until=from_milliseconds(int(item["to"])),
        )
        for item in found
    )
    return tuple(sorted(tasks, key=lambda task: (task.log_group, task.since, task.until, task.bucket, task.status)))


def _lake(reader: Reader, account: str) -> SecurityLake:
    lakes = reader.call("securitylake:ListDataLakes", {"regions": [reader.region]}).data["dataLakes"]
    arns = sorted(str(item["dataLakeArn"]) for item in lakes if item["region"] == reader.region)
    if not arns:
        return SecurityLake(lake="", audit_accounts=())
    asked = {
        "regions": [reader.region],
        "accounts": [account],
        "sources": [{"awsLogSource": {"sourceName": LAKE_SOURCE}}],
    }
    found = reader.items("securitylake:ListLogSources", "sources", asked)
    accounts = {str(item["account"]) for item in found if item.get("region") == reader.region and _has_audit(item)}
    return SecurityLake(lake=arns[0], audit_accounts=tuple(sorted(accounts)))


def _has_audit(item: Any) -> bool:
    return any((source.get("awsLogSource") or {}).get("sourceName") == LAKE_SOURCE for source in item["sources"])


def _tables(reader: Reader) -> tuple[TableSource, ...]:
    _needed(reader, "observabilityadmin", "ListS3TableIntegrations")
    found = reader.items("observabilityadmin:ListS3TableIntegrations", "IntegrationSummaries")
    arns = sorted(str(item["Arn"]) for item in found)
    sources = [item for arn in arns for item in _of_integration(reader, arn)]
    tables = (
        TableSource(
            name=str(item["dataSource"]["name"]),
            type=text(item["dataSource"].get("type")),
            status=text(item.get("status")),
        )
        for item in sources
    )
    return tuple(sorted(tables, key=lambda table: (table.name, table.type, table.status)))


def _of_integration(reader: Reader, arn: str) -> list[Any]:
    return reader.items("logs:ListSourcesForS3TableIntegration", "sources", {"integrationArn": arn})


def _rules(reader: Reader) -> tuple[TelemetryRule, ...]:
    _needed(reader, "observabilityadmin", "ListTelemetryRules")
    found = reader.items("observabilityadmin:ListTelemetryRules", "TelemetryRuleSummaries")
    rules = (
        TelemetryRule(name=str(item["RuleName"]), arn=str(item["RuleArn"]))
        for item in found
        if item.get("ResourceType") == EKS and AUDIT in (item.get("TelemetrySourceTypes") or ())
    )
    return tuple(sorted(rules, key=lambda rule: rule.name))
