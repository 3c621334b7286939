"""The queries of Logs Insights that a region keeps, and what is not known of what they find."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from eksaminer.collect.aws.reader import Reader, from_milliseconds, text
from eksaminer.collect.gaps import MissingError, attempt
from eksaminer.collect.operations import BOTOCORE_FLOOR
from eksaminer.evidence.cost import QueryHistory, SearchedGroup
from eksaminer.evidence.queries import SavedQueries, SavedQuery, ScheduledQueries, ScheduledQuery
from eksaminer.gap import Cause, Gap
from eksaminer.subjects import unsure

PREFIX, SUFFIX = "/aws/eks/", "/cluster"
LISTED = 1_000
"""The most queries that an answer of DescribeQueries holds."""
INSIGHTS = "CWLI"
"""The language of Logs Insights, which a query is in if it says nothing."""


def read_saved_queries(reader: Reader) -> SavedQueries:
    """Return the saved queries of the region. Raises `CallFailed`."""
    found = reader.items("logs:DescribeQueryDefinitions", "queryDefinitions")
    queries = sorted(map(_saved, found), key=lambda query: (query.name, query.query))
    return SavedQueries(sources=reader.sources, queries=tuple(queries))


def _saved(item: Mapping[str, Any]) -> SavedQuery:
    name, query, language = str(item["name"]), str(item["queryString"]), text(item.get("queryLanguage")) or INSIGHTS
    return SavedQuery(
        name=name,
        query=query,
        language=language,
        log_groups=tuple(sorted(map(str, item.get("logGroupNames") or ()))),
        unsure=unread(f"the saved query {name}", query, language),
    )


def read_scheduled_queries(reader: Reader) -> ScheduledQueries:
    """Return the scheduled queries of the region. Raises `CallFailed` and `MissingError`."""
    if not reader.aws.offers("logs", "ListScheduledQueries", reader.region):
        detail = f"The installed botocore does not list scheduled queries: it needs {BOTOCORE_FLOOR} or newer."
        raise MissingError(Gap(cause=Cause.UNSUPPORTED, detail=detail))
    found = reader.items("logs:ListScheduledQueries", "scheduledQueries")
    arns = {str(item["scheduledQueryArn"]): text(item.get("name")) for item in found}
    queries = tuple(
        attempt(partial(_scheduled, reader, arn), f"the scheduled query {name}") for arn, name in sorted(arns.items())
    )
    return ScheduledQueries(sources=reader.sources, queries=queries)


def _scheduled(reader: Reader, arn: str) -> ScheduledQuery:
    data = reader.call("logs:GetScheduledQuery", {"identifier": arn}).data
    name, query, language = str(data["name"]), str(data["queryString"]), text(data.get("queryLanguage")) or INSIGHTS
    return ScheduledQuery(
        name=name,
        arn=arn,
        enabled=data.get("state") == "ENABLED",
        last_status=text(data.get("lastExecutionStatus")),
        schedule=text(data.get("scheduleExpression")),
        query=query,
        language=language,
        log_groups=tuple(sorted(map(str, data.get("logGroupIdentifiers") or ()))),
        destination=_destination(data.get("destinationConfiguration") or {}),
        unsure=unread(f"the scheduled query {name}", query, language),
    )


def read_history(reader: Reader) -> QueryHistory:
    """Return what was scanned of the control-plane logs of the region. Raises `CallFailed`."""
    found: dict[str, list[tuple[datetime, int]]] = {}
    for item in reader.items("logs:DescribeQueries", "queries", {"maxResults": LISTED}):
        name = text(item.get("logGroupName"))
        if name.startswith(PREFIX) and name.endswith(SUFFIX) and item.get("createTime"):
            time, size = from_milliseconds(item["createTime"]), int(item.get("bytesScanned") or 0)
            found.setdefault(name, []).append((time, size))
    groups = tuple(
        SearchedGroup(
            log_group=name,
            queries=len(queries),
            bytes=sum(size for _, size in queries),
            first=min(time for time, _ in queries),
            last=max(time for time, _ in queries),
        )
        for name, queries in sorted(found.items())
    )
    return QueryHistory(sources=reader.sources, groups=groups)


def _destination(configuration: Mapping[str, Any]) -> str:
    bucket = configuration.get("s3Configuration") or {}
    table = configuration.get("lookupTableConfiguration") or {}
    return text(bucket.get("destinationIdentifier") or table.get("tableName"))


def unread(what: str, query: str, language: str = INSIGHTS) -> Gap | None:
    """Return why it is not known what a query finds of the guide's subjects; None: it is known."""
    why = unsure(query, language)
    return Gap(cause=Cause.NOT_OBSERVABLE, detail=f"What {what} finds could not be decided: {why}.") if why else None
