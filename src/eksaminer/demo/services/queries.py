"""The saved and scheduled queries of CloudWatch Logs."""

from collections.abc import Mapping
from typing import Any

from eksaminer.demo.model import ScheduledQuery, milliseconds, stable_id
from eksaminer.demo.services.world import Operation, World
from eksaminer.demo.wire import AwsError, Call

SAVED_PAGE = 1000
SCHEDULED_PAGE = 50


def describe_queries(world: World, call: Call) -> Mapping[str, Any]:
    """List the queries that were run, the newest first."""
    items = [
        {
            "queryLanguage": "CWLI",
            "queryId": stable_id("run", call.region, query.log_group, str(query.time), length=36),
            "queryString": "fields @timestamp, @message",
            "status": "Complete",
            "createTime": milliseconds(query.time),
            "logGroupName": query.log_group,
            "bytesScanned": query.bytes,
            "userIdentity": world.account.caller,
        }
        for query in sorted(world.region(call).past_queries, key=lambda query: query.time, reverse=True)
    ]
    size = int(call.parameters.get("maxResults") or SAVED_PAGE)
    page, token = world.page(items, call.parameters.get("nextToken"), size)
    return {"queries": page, "nextToken": token}


def describe_query_definitions(world: World, call: Call) -> Mapping[str, Any]:
    """List the saved queries, by prefix of their names."""
    prefix = call.parameters.get("queryDefinitionNamePrefix") or ""
    items = [
        {
            "queryLanguage": query.language,
            "queryDefinitionId": stable_id("query", call.region, query.name, length=36),
            "name": query.name,
            "queryString": query.query,
            "lastModified": milliseconds(world.now),
            "logGroupNames": list(query.log_groups),
        }
        for query in world.region(call).saved_queries
        if query.name.startswith(prefix)
    ]
    page, token = world.page(items, call.parameters.get("nextToken"), SAVED_PAGE)
    return {"queryDefinitions": page, "nextToken": token}


def _arn(world: World, call: Call, query: ScheduledQuery) -> str:
    return f"arn:aws:logs:{call.region}:{world.account.id}:scheduled-query:{stable_id('scheduled', query.name)}"


def list_scheduled_queries(world: World, call: Call) -> Mapping[str, Any]:
    """List the scheduled queries, without what they ask."""
    items = [
        {
            "scheduledQueryArn": _arn(world, call, query),
            "name": query.name,
            "state": query.state,
            "scheduleType": "CUSTOMER_MANAGED",
            "lastExecutionStatus": query.last_status or None,
            "scheduleExpression": "cron(0 * * * ? *)",
        }
        for query in world.region(call).scheduled_queries
        if call.parameters.get("state") in {None, query.state}
    ]
    page, token = world.page(items, call.parameters.get("nextToken"), SCHEDULED_PAGE)
    return {"scheduledQueries": page, "nextToken": token}


def get_scheduled_query(world: World, call: Call) -> Mapping[str, Any]:
    """Describe a scheduled query."""
    for query in world.region(call).scheduled_queries:
        if call.parameters["identifier"] in {_arn(world, call, query), query.name}:
            role = f"arn:aws:iam::{world.account.id}:role/scheduled-queries"
            bucket = {"destinationIdentifier": query.destination, "roleArn": role}
            return {
                "scheduledQueryArn": _arn(world, call, query),
                "name": query.name,
                "queryLanguage": query.language,
                "queryString": query.query,
                "logGroupIdentifiers": list(query.log_groups),
                "scheduleExpression": "cron(0 * * * ? *)",
                "timezone": "UTC",
                "state": query.state,
                "lastExecutionStatus": query.last_status or None,
                "destinationConfiguration": {"s3Configuration": bucket} if query.destination else None,
                "executionRoleArn": role,
            }
    raise AwsError("ResourceNotFoundException", "The scheduled query does not exist.")


OPERATIONS: Mapping[str, Operation] = {
    "logs:DescribeQueryDefinitions": describe_query_definitions,
    "logs:DescribeQueries": describe_queries,
    "logs:ListScheduledQueries": list_scheduled_queries,
    "logs:GetScheduledQuery": get_scheduled_query,
}
