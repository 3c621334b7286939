"""Amazon CloudWatch Logs, Logs Insights included."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from eksaminer.demo.model import (
    LogEvent,
    LogGroup,
    MetricFilter,
    Region,
    RetentionPolicy,
    Stream,
    milliseconds,
    stable_id,
)
from eksaminer.demo.services import insights_ql
from eksaminer.demo.services.world import Operation, Query, World
from eksaminer.demo.wire import AwsError, Call
from eksaminer.filter_pattern import FilterPattern, FilterPatternError
from eksaminer.insights_query import discovered

PAGE = 50
EVENTS_PAGE = 10_000
MAX_GROUPS = 50
MAX_RESULTS = 100_000
NOT_FOUND = "The specified log group does not exist."


def group_arn(world: World, call: Call, name: str) -> str:
    """Return the ARN of a log group, without the `:*` that some operations append."""
    return f"arn:aws:logs:{call.region}:{world.account.id}:log-group:{name}"


def _group(world: World, call: Call) -> LogGroup:
    return _named(world.region(call), call.parameters.get("logGroupIdentifier") or call.parameters["logGroupName"])


def _name(identifier: str) -> str:
    """Return the name of a log group that was given by name or ARN."""
    return identifier.rpartition(":log-group:")[2].removesuffix(":*")


def _named(region: Region, identifier: str) -> LogGroup:
    name = _name(identifier)
    for group in region.log_groups:
        if group.name == name:
            return group
    raise AwsError("ResourceNotFoundException", NOT_FOUND)


def _paged(world: World, call: Call, key: str, items: list[Any], size: int = PAGE) -> Mapping[str, Any]:
    wanted = min(int(call.parameters.get("limit") or size), size)
    page, token = world.page(items, call.parameters.get("nextToken"), wanted)
    return {key: page, "nextToken": token}


def describe_log_groups(world: World, call: Call) -> Mapping[str, Any]:
    """List log groups, by prefix or part of their name, by class, or by identifiers."""
    groups = sorted(world.region(call).log_groups, key=lambda group: group.name)
    chosen = [_described(world, call, group) for group in groups if _asked(call.parameters, group)]
    return _paged(world, call, "logGroups", chosen)


def _asked(parameters: Mapping[str, Any], group: LogGroup) -> bool:
    prefix, pattern = parameters.get("logGroupNamePrefix"), parameters.get("logGroupNamePattern")
    if prefix and pattern:
        message = "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters."
        raise AwsError("InvalidParameterException", message)
    classes = {parameters.get("logGroupClass") or group.log_class}
    if "INFREQUENT_ACCESS" in classes:
        classes.add("ESSENTIALS")
    names = [_name(identifier) for identifier in parameters.get("logGroupIdentifiers") or ()]
    return (
        group.name.startswith(prefix or "")
        and (pattern or "") in group.name
        and group.log_class in classes
        and (not names or group.name in names)
    )


def _described(world: World, call: Call, group: LogGroup) -> Mapping[str, Any]:
    arn = group_arn(world, call, group.name)
    return {
        "logGroupName": group.name,
        "creationTime": milliseconds(group.created),
        "retentionInDays": group.retention_days,
        "retentionPolicyName": group.retention_policy or None,
        "metricFilterCount": len(group.metric_filters),
        "arn": f"{arn}:*",
        "logGroupArn": arn,
        "storedBytes": group.stored_bytes,
        "kmsKeyId": group.kms_key or None,
        "dataProtectionStatus": group.data_protection or None,
        "logGroupClass": group.log_class,
        "deletionProtectionEnabled": group.deletion_protection,
    }


def _times(stream: Stream) -> tuple[int | None, int | None]:
    first = milliseconds(stream.first_event) if stream.first_event else None
    last = milliseconds(stream.last_event) if stream.last_event else None
    if stream.events:
        first = stream.events[0].timestamp if first is None else first
        last = stream.events[-1].timestamp if last is None else last
    return first, last


def describe_log_streams(world: World, call: Call) -> Mapping[str, Any]:
    """List the streams of a group, by name or by their last event."""
    group = _group(world, call)
    prefix = call.parameters.get("logStreamNamePrefix") or ""
    by_time = call.parameters.get("orderBy") == "LastEventTime"
    if prefix and by_time:
        raise AwsError("InvalidParameterException", "Cannot order by LastEventTime with a logStreamNamePrefix.")
    streams = [stream for stream in group.streams if stream.name.startswith(prefix)]
    streams.sort(
        key=lambda stream: ((_times(stream)[1] or 0) if by_time else 0, stream.name),
        reverse=bool(call.parameters.get("descending")),
    )
    items = [_described_stream(world, call, group, stream) for stream in streams]
    return _paged(world, call, "logStreams", items)


def _described_stream(world: World, call: Call, group: LogGroup, stream: Stream) -> Mapping[str, Any]:
    first, last = _times(stream)
    return {
        "logStreamName": stream.name,
        "creationTime": milliseconds(group.created),
        "firstEventTimestamp": first,
        "lastEventTimestamp": last,
        "lastIngestionTime": last,
        "arn": f"{group_arn(world, call, group.name)}:log-stream:{stream.name}",
        "storedBytes": 0,
    }


def describe_account_policies(world: World, call: Call) -> Mapping[str, Any]:
    """List the account-level policies of one type; only retention policies are known."""
    name = call.parameters.get("policyName")
    policies = [
        _policy(world, policy)
        for policy in world.region(call).retention_policies
        if call.parameters["policyType"] == "RETENTION_POLICY" and (not name or name == policy.name)
    ]
    return _paged(world, call, "accountPolicies", policies)


def _policy(world: World, policy: RetentionPolicy) -> Mapping[str, Any]:
    return {
        "policyName": policy.name,
        "policyDocument": json.dumps({"retentionInDays": policy.days, "enforcementMode": policy.mode}),
        "lastUpdatedTime": milliseconds(policy.updated),
        "policyType": "RETENTION_POLICY",
        "scope": "ALL",
        "selectionCriteria": policy.selection or None,
        "accountId": world.account.id,
    }


def describe_metric_filters(world: World, call: Call) -> Mapping[str, Any]:
    """List the metric filters of one group, or of all."""
    wanted = call.parameters.get("logGroupName")
    prefix = call.parameters.get("filterNamePrefix") or ""
    groups = [_group(world, call)] if wanted else sorted(world.region(call).log_groups, key=lambda group: group.name)
    items = [
        {
            "filterName": item.name,
            "filterPattern": item.pattern,
            "metricTransformations": [_transformation(item)],
            "creationTime": milliseconds(group.created),
            "logGroupName": group.name,
            "applyOnTransformedLogs": item.transformed,
            "fieldSelectionCriteria": item.selection or None,
        }
        for group in groups
        for item in group.metric_filters
        if item.name.startswith(prefix)
    ]
    return _paged(world, call, "metricFilters", items)


def _transformation(item: MetricFilter) -> Mapping[str, Any]:
    return {
        "metricName": item.metric,
        "metricNamespace": item.namespace,
        "metricValue": item.value,
        "defaultValue": item.default,
        "dimensions": dict(item.dimensions) or None,
    }


def test_metric_filter(world: World, call: Call) -> Mapping[str, Any]:
    """Tell which of the messages that were sent a pattern matches."""
    messages = call.parameters["logEventMessages"]
    try:
        pattern = FilterPattern.parse(call.parameters.get("filterPattern") or "")
    except FilterPatternError as error:
        raise AwsError("InvalidParameterException", f"Invalid filter pattern: {error.reason}") from error
    policy = world.region(call).filter_policy
    matches = [
        {"eventNumber": number, "eventMessage": message, "extractedValues": {}}
        for number, message in enumerate(messages, 1)
        if pattern.matches(message, policy)
    ]
    return {"matches": matches}


def describe_subscription_filters(world: World, call: Call) -> Mapping[str, Any]:
    """List the subscription filters of a group."""
    group = _group(world, call)
    items = [
        {
            "filterName": item.name,
            "logGroupName": group.name,
            "filterPattern": item.pattern,
            "destinationArn": item.destination,
            "distribution": "ByLogStream",
            "creationTime": milliseconds(group.created),
        }
        for item in sorted(group.subscriptions, key=lambda item: item.name)
    ]
    return _paged(world, call, "subscriptionFilters", items)


def filter_log_events(world: World, call: Call) -> Mapping[str, Any]:
    """List the events of a group in a window. A plain pattern is a substring; a JSON pattern lets all pass."""
    group = _group(world, call)
    if group.log_class != "STANDARD":
        message = f"Operation is not supported for a log group of class {group.log_class}."
        raise AwsError("InvalidParameterException", message)
    start = call.parameters.get("startTime") or 0
    end = call.parameters.get("endTime") or milliseconds(world.now)
    names: set[str] = set(call.parameters.get("logStreamNames") or ())
    prefix = call.parameters.get("logStreamNamePrefix") or ""
    pattern = (call.parameters.get("filterPattern") or "").strip()
    term = "" if pattern.startswith("{") else pattern.strip('"')
    items = [
        {
            "logStreamName": stream.name,
            "timestamp": event.timestamp,
            "message": event.message,
            "ingestionTime": _ingested(event),
            "eventId": stable_id(group.name, stream.name, str(number), length=56),
        }
        for event, stream, number in _events(group)
        if start <= event.timestamp <= end
        and (not names or stream.name in names)
        and stream.name.startswith(prefix)
        and term in event.message
    ]
    return {**_paged(world, call, "events", items, EVENTS_PAGE), "searchedLogStreams": []}


def _events(group: LogGroup) -> Iterator[tuple[LogEvent, Stream, int]]:
    every = ((event, stream, number) for stream in group.streams for number, event in enumerate(stream.events))
    yield from sorted(every, key=lambda found: (found[0].timestamp, found[1].name, found[2]))


def start_query(world: World, call: Call) -> Mapping[str, Any]:
    """Start a Logs Insights query. It is answered at once, and handed out by GetQueryResults."""
    groups = _queried(world, call)
    request = insights_ql.understand(str(call.parameters["queryString"]))
    start, end = int(call.parameters["startTime"]), int(call.parameters["endTime"])
    if start > end:
        message = "End time should not be before start time."
        raise AwsError("InvalidParameterException", message)
    limit = request.limit or int(call.parameters.get("limit") or insights_ql.DEFAULT_LIMIT)
    if limit > MAX_RESULTS:
        raise AwsError("InvalidParameterException", f"The limit is greater than {MAX_RESULTS}.")
    query_id = call.request_id
    world.queries[query_id] = _run(world, call, groups, _Search(request, start * 1000, (end + 1) * 1000, limit))
    world.polls[query_id] = 0
    return {"queryId": query_id}


def _queried(world: World, call: Call) -> list[LogGroup]:
    given = [call.parameters.get(name) for name in ("logGroupName", "logGroupNames", "logGroupIdentifiers")]
    if sum(value is not None for value in given) != 1:
        message = "Exactly one of logGroupName, logGroupNames and logGroupIdentifiers must be given."
        raise AwsError("InvalidParameterException", message)
    identifiers = [given[0]] if given[0] else [*(given[1] or ()), *(given[2] or ())]
    if not 0 < len(identifiers) <= MAX_GROUPS:
        raise AwsError("InvalidParameterException", f"A query takes 1 to {MAX_GROUPS} log groups.")
    return [_named(world.region(call), str(identifier)) for identifier in identifiers]


class _Search(NamedTuple):
    request: insights_ql.Request
    start: int
    """In milliseconds."""
    stop: int
    """In milliseconds, exclusive: the end of a query is inclusive in whole seconds."""
    limit: int


def _run(world: World, call: Call, groups: list[LogGroup], search: _Search) -> Query:
    request = search.request
    scanned = bytes_scanned = 0
    matched: list[tuple[Any, dict[str, str]]] = []
    counted: list[Mapping[str, Any]] = []
    for group in groups:
        for event, stream, number in _events(group):
            if not search.start <= event.timestamp < search.stop:
                continue
            scanned += 1
            bytes_scanned += len(event.message.encode())
            row = _row(world, group, stream, event, stable_id(call.region, group.name, stream.name, str(number)))
            if request.sums is not None and request.keeps(row):
                counted.append(row)
            elif request.keeps(row):
                shown = {
                    name: _shown(name, row[name]) for name in (*request.fields, "@ptr") if row.get(name) is not None
                }
                matched.append((insights_ql.sort_key(row.get(request.order), row["@ptr"]), shown))
    matched.sort(key=lambda found: found[0], reverse=request.descending)
    sums = request.sums.of(counted) if request.sums is not None else []
    sums.sort(key=lambda row: insights_ql.sort_key(row.get(request.order), ""), reverse=request.descending)
    return Query(
        rows=tuple(sums[: search.limit] or (shown for _, shown in matched[: search.limit])),
        statistics={
            "recordsMatched": float(len(matched) + len(counted)),
            "recordsScanned": float(scanned),
            "bytesScanned": float(bytes_scanned),
            "logGroupsScanned": float(len(groups)),
            "resultCount": float(min(len(matched), search.limit)),
        },
    )


def _row(world: World, group: LogGroup, stream: Stream, event: LogEvent, pointer: str) -> Mapping[str, Any]:
    fields = world.fields_of.get(event)
    if fields is None:
        fields = world.fields_of[event] = discovered(event.message)
    return {
        **fields,
        "@timestamp": event.timestamp,
        "@ingestionTime": _ingested(event),
        "@message": event.message,
        "@log": f"{world.account.id}:{group.name}",
        "@logStream": stream.name,
        "@ptr": pointer,
    }


def _ingested(event: LogEvent) -> int:
    """Return when CloudWatch Logs took the event in: some seconds after it happened."""
    return event.timestamp + 2_000 + event.timestamp % 5_000


def _shown(name: str, value: Any) -> str:
    if name in {"@timestamp", "@ingestionTime"}:
        moment = datetime.fromtimestamp(value // 1000, UTC)
        return f"{moment:%Y-%m-%d %H:%M:%S}.{value % 1000:03d}"
    if isinstance(value, bool):
        return "1" if value else "0"
    return str(value)


def _query(world: World, call: Call) -> tuple[str, Query]:
    query_id = str(call.parameters["queryId"])
    if query_id not in world.queries:
        raise AwsError("ResourceNotFoundException", "The specified query does not exist.")
    return query_id, world.queries[query_id]


def get_query_results(world: World, call: Call) -> Mapping[str, Any]:
    """Hand out a page of the rows once the query has been asked for often enough."""
    query_id, query = _query(world, call)
    poll = world.polls[query_id]
    world.polls[query_id] = poll + 1
    if poll < len(world.query_progress):
        return {"queryLanguage": "CWLI", "results": [], "statistics": {}, "status": world.query_progress[poll]}
    size = int(call.parameters.get("maxItems") or EVENTS_PAGE)
    rows, token = world.page(query.rows, call.parameters.get("nextToken"), size)
    return {
        "queryLanguage": "CWLI",
        "results": [[{"field": name, "value": value} for name, value in row.items()] for row in rows],
        "statistics": query.statistics,
        "status": "Complete",
        "nextToken": token,
    }


def stop_query(world: World, call: Call) -> Mapping[str, Any]:
    """Stop a query that still runs."""
    query_id, _ = _query(world, call)
    if world.polls[query_id] > len(world.query_progress):
        message = f"Query with ID: {query_id} has already ended with status: Complete"
        raise AwsError("InvalidParameterException", message)
    return {"success": True}


OPERATIONS: Mapping[str, Operation] = {
    "logs:DescribeLogGroups": describe_log_groups,
    "logs:DescribeLogStreams": describe_log_streams,
    "logs:DescribeAccountPolicies": describe_account_policies,
    "logs:DescribeMetricFilters": describe_metric_filters,
    "logs:TestMetricFilter": test_metric_filter,
    "logs:DescribeSubscriptionFilters": describe_subscription_filters,
    "logs:FilterLogEvents": filter_log_events,
    "logs:StartQuery": start_query,
    "logs:GetQueryResults": get_query_results,
    "logs:StopQuery": stop_query,
}
