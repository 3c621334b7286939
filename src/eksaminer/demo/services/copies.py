"""What copies logs: export tasks, Security Lake, tables of S3, and the rules of CloudWatch telemetry."""

from collections.abc import Mapping
from typing import Any

from eksaminer.demo.model import milliseconds, stable_id
from eksaminer.demo.services.world import Operation, World
from eksaminer.demo.wire import AwsError, Call

PAGE = 50


def describe_export_tasks(world: World, call: Call) -> Mapping[str, Any]:
    """List the exports to S3."""
    items = [
        {
            "taskId": stable_id("export", task.log_group, str(task.since), length=36),
            "logGroupName": task.log_group,
            "from": milliseconds(task.since),
            "to": milliseconds(task.until),
            "destination": task.bucket,
            "status": {"code": task.status},
        }
        for task in world.region(call).exports
    ]
    page, token = world.page(items, call.parameters.get("nextToken"), PAGE)
    return {"exportTasks": page, "nextToken": token}


def _integration(world: World, call: Call) -> str:
    return f"arn:aws:observabilityadmin:{call.region}:{world.account.id}:s3tableintegration/1"


def list_s3_table_integrations(world: World, call: Call) -> Mapping[str, Any]:
    """List the integration with tables of S3, of which a region has one."""
    if world.region(call).table_sources is None:
        return {"IntegrationSummaries": []}
    return {"IntegrationSummaries": [{"Arn": _integration(world, call), "Status": "ACTIVE"}]}


def list_sources_for_s3_table_integration(world: World, call: Call) -> Mapping[str, Any]:
    """List what an integration keeps as tables."""
    sources = world.region(call).table_sources
    if sources is None or call.parameters["integrationArn"] != _integration(world, call):
        raise AwsError("ResourceNotFoundException", "The integration does not exist.")
    items = [
        {
            "identifier": stable_id("table", name, kind),
            "dataSource": {"name": name, "type": kind},
            "status": "ACTIVE",
        }
        for name, kind in sources
    ]
    page, token = world.page(items, call.parameters.get("nextToken"), PAGE)
    return {"sources": page, "nextToken": token}


def list_telemetry_rules(world: World, call: Call) -> Mapping[str, Any]:
    """List the rules that switch logging on."""
    items = [
        {
            "RuleName": name,
            "RuleArn": f"arn:aws:observabilityadmin:{call.region}:{world.account.id}:telemetry-rule/{name}",
            "ResourceType": "AWS::EKS::Cluster",
            "TelemetryType": "Logs",
            "TelemetrySourceTypes": list(kinds),
        }
        for name, kinds in sorted(world.region(call).telemetry_rules.items())
    ]
    page, token = world.page(items, call.parameters.get("NextToken"), PAGE)
    return {"TelemetryRuleSummaries": page, "NextToken": token}


def list_data_lakes(world: World, call: Call) -> Mapping[str, Any]:
    """List the data lake of the region; without one that is an empty list."""
    if world.region(call).lake_sources is None:
        return {"dataLakes": []}
    arn = f"arn:aws:securitylake:{call.region}:{world.account.id}:data-lake/default"
    return {"dataLakes": [{"dataLakeArn": arn, "region": call.region, "createStatus": "COMPLETED"}]}


def list_log_sources(world: World, call: Call) -> Mapping[str, Any]:
    """List what the data lake takes in, of the sources that are asked for."""
    sources = world.region(call).lake_sources
    if sources is None:
        raise AwsError("ResourceNotFoundException", "The data lake does not exist.", 404)
    wanted = {item["awsLogSource"]["sourceName"] for item in call.parameters.get("sources") or ()} or set(sources)
    items = [
        {
            "account": world.account.id,
            "region": call.region,
            "sources": [{"awsLogSource": {"sourceName": name, "sourceVersion": "2.0"}}],
        }
        for name in sources
        if name in wanted
    ]
    page, token = world.page(items, call.parameters.get("nextToken"), PAGE)
    return {"sources": page, "nextToken": token}


OPERATIONS: Mapping[str, Operation] = {
    "logs:DescribeExportTasks": describe_export_tasks,
    "logs:ListSourcesForS3TableIntegration": list_sources_for_s3_table_integration,
    "observabilityadmin:ListS3TableIntegrations": list_s3_table_integrations,
    "observabilityadmin:ListTelemetryRules": list_telemetry_rules,
    "securitylake:ListDataLakes": list_data_lakes,
    "securitylake:ListLogSources": list_log_sources,
}
