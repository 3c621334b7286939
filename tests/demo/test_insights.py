"""The emulator answers Logs Insights queries as CloudWatch Logs does, as far as asking for events goes."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from eksaminer.demo.account import LogEvent, LogGroup, Stream, clean_account, with_changed_group, with_changed_region
from eksaminer.demo.emulator import Emulator
from eksaminer.demo.services.insights_ql import understand
from eksaminer.insights_query import MAX_FIELDS, discovered

Client = Callable[..., Any]
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
GROUP = "/aws/eks/prod-good/cluster"
SECOND = int(NOW.timestamp())

EVENT = {
    "verb": "create",
    "user": {"username": "", "groups": ["a", "b"]},
    "objectRef": {"resource": "roles", "name": "x"},
    "responseStatus": {"code": 403},
    "annotations": {"authorization.k8s.io/decision": "forbid"},
    "dryRun": True,
}
ROW = {**discovered(json.dumps(EVENT)), "@message": json.dumps(EVENT), "@logStream": "kube-apiserver-audit-1"}


@pytest.mark.parametrize(
    ("condition", "kept"),
    [
        ('verb = "create"', True),
        ("verb = 'create'", True),
        ('verb = "Create"', False),
        ('verb != "create"', False),
        ('verb in ["get", "create"]', True),
        ('verb not in ["get", "create"]', False),
        ("responseStatus.code = 403", True),
        ('responseStatus.code = "403"', True),
        ("responseStatus.code in [401, 403]", True),
        ("responseStatus.code >= 400 and responseStatus.code < 500", True),
        ("responseStatus.code > 403 or responseStatus.code <= 402", False),
        ("verb > 1", False),
        ("@logStream like /^kube-apiserver-audit-/", True),
        ('@logStream like "audit"', True),
        ('@logStream not like "audit"', False),
        ("@message =~ /(?i)FORBID/", True),
        ("annotations.`authorization.k8s.io/decision` = 'forbid'", True),
        ("ispresent(objectRef.name)", True),
        ("not ispresent(objectRef.namespace)", True),
        ('objectRef.namespace = "x"', False),
        ('objectRef.namespace != "x"', True),
        ("isempty(user.username)", True),
        ("isblank(user.username)", True),
        ('user.groups.1 = "b"', True),
        ('strcontains(@message, "groups")', True),
        ('tolower(verb) = "create" and toupper(verb) = "CREATE" and strlen(verb) = 6', True),
        ('coalesce(nothing, verb) = "create"', True),
        ("dryRun = 'true'", True),
        ('(verb = "get" or verb = "create") and not (objectRef.name = "y")', True),
        ('verb = "get" or verb = "list" and verb = "create"', False),
        ('VERB = "create"', False),
        ('verb = "create" AND NOT verb IN ["get"]', True),
    ],
)
def test_filters(condition: str, kept: bool) -> None:
    assert understand(f"fields @message | filter {condition}").keeps(ROW) is kept


def test_reads_the_other_commands() -> None:
    request = understand("# why\nfields @timestamp, user.username\n| sort @timestamp asc | limit 7 | display verb")

    assert request.fields == ("@timestamp", "user.username", "verb")
    assert (request.order, request.descending, request.limit) == ("@timestamp", False, 7)


@pytest.mark.parametrize(
    "query",
    [
        "stats max(level) by verb",
        "fields",
        "fields @message | filter verb =",
        "fields @message | filter verb ~ 1",
        "fields @message | filter verb like 1",
        "fields @message | filter (verb = 1",
        "fields @message filter verb = 1",
        "fields @message | filter verb = }",
        "fields @message | filter verb [ 1",
        "",
    ],
)
def test_refuses_what_it_does_not_understand(emulator: Emulator, client: Client, query: str) -> None:
    logs = client("logs")
    with pytest.raises(ClientError) as caught:
        logs.start_query(logGroupNames=[GROUP], queryString=query, startTime=1, endTime=2)

    assert caught.value.response["Error"]["Code"] == "MalformedQueryException"


def test_discovers_no_more_fields_than_cloudwatch() -> None:
    wide = json.dumps({f"f{number}": number for number in range(MAX_FIELDS + 5)})

    assert len(discovered(wide)) == MAX_FIELDS
    assert discovered('{"cut": "[Truncated...]') == {}
    assert discovered('{"a": null, "b": [{"c": 1}]}') == {"b.0.c": 1}


def ask(client: Client, query: str, **asked: Any) -> dict[str, Any]:
    """Run a query to its end and return the last answer, with all rows."""
    logs = client("logs")
    window = {"startTime": SECOND - 3600, "endTime": SECOND, "logGroupNames": [GROUP]}
    query_id = logs.start_query(queryString=query, **{**window, **asked})["queryId"]
    answer = logs.get_query_results(queryId=query_id)
    while answer["status"] != "Complete":
        answer = logs.get_query_results(queryId=query_id)
    rows, token = answer["results"], answer.get("nextToken")
    while token:
        page = logs.get_query_results(queryId=query_id, nextToken=token)
        rows, token = rows + page["results"], page.get("nextToken")
    return {**answer, "results": [{item["field"]: item["value"] for item in row} for row in rows]}


def test_answers_from_the_recorded_log(emulator: Emulator, client: Client) -> None:
    answer = ask(client, 'fields @timestamp, @message, @logStream, @log | filter verb = "patch"')
    row = answer["results"][0]

    assert set(row) == {"@timestamp", "@message", "@logStream", "@log", "@ptr"}
    assert row["@log"] == f"111122223333:{GROUP}"
    assert row["@timestamp"].startswith("2026-11-23 11:5")
    assert {json.loads(row["@message"])["verb"] for row in answer["results"]} == {"patch"}
    assert answer["statistics"]["recordsMatched"] == len(answer["results"])
    assert answer["statistics"]["recordsScanned"] == 1203
    assert answer["statistics"]["bytesScanned"] > 1_900_000
    times = [row["@timestamp"] for row in answer["results"]]
    assert times == sorted(times, reverse=True)


def with_events(emulator: Emulator, *seconds: float) -> None:
    events = tuple(LogEvent(round((SECOND + second) * 1000), f'{{"n": {second}}}') for second in seconds)
    streams = (Stream(name="kube-apiserver-audit-1", events=events),)
    emulator.load(with_changed_group(clean_account(NOW), GROUP, streams=streams))


def test_both_ends_of_the_window_are_inclusive_seconds(emulator: Emulator, client: Client) -> None:
    with_events(emulator, -10.001, -10, -7, -5, -4.001, -4)
    answer = ask(client, "fields n | sort @timestamp asc", startTime=SECOND - 10, endTime=SECOND - 5)

    assert [row["n"] for row in answer["results"]] == ["-10", "-7", "-5", "-4.001"]


@pytest.mark.parametrize(
    ("query", "limit", "count"),
    [
        ("fields n", {"limit": 3}, 3),
        ("fields n | limit 2", {"limit": 3}, 2),
        ("fields n", {}, 5),
    ],
)
def test_cuts_the_result_at_its_limit(
    emulator: Emulator, client: Client, query: str, limit: dict[str, int], count: int
) -> None:
    with_events(emulator, -5, -4, -3, -2, -1)
    answer = ask(client, query, **limit)

    assert len(answer["results"]) == count
    assert answer["statistics"]["recordsMatched"] == 5.0


def test_hands_out_rows_page_by_page(emulator: Emulator, client: Client) -> None:
    with_events(emulator, -5, -4, -3, -2, -1)
    emulator.page_size = 2
    answer = ask(client, "fields n | sort @timestamp desc")

    assert [row["n"] for row in answer["results"]] == ["-1", "-2", "-3", "-4", "-5"]
    assert emulator.actions.count("logs:GetQueryResults") == 4


def test_takes_its_time(emulator: Emulator, client: Client) -> None:
    emulator.query_progress = ("Scheduled", "Running")
    logs = client("logs")
    query_id = logs.start_query(
        logGroupNames=[GROUP], queryString="fields @message", startTime=SECOND - 1, endTime=SECOND
    )["queryId"]
    statuses = [logs.get_query_results(queryId=query_id)["status"] for _ in range(4)]

    assert statuses == ["Scheduled", "Running", "Complete", "Complete"]


def test_a_query_can_be_stopped_while_it_runs(emulator: Emulator, client: Client) -> None:
    logs = client("logs")
    asked = {"logGroupName": GROUP, "queryString": "fields @message", "startTime": SECOND - 1, "endTime": SECOND}
    query_id = logs.start_query(**asked)["queryId"]
    stopped = logs.stop_query(queryId=query_id)["success"]
    for _ in range(2):
        logs.get_query_results(queryId=query_id)

    assert stopped
    with pytest.raises(ClientError, match="already ended"):
        logs.stop_query(queryId=query_id)
    with pytest.raises(ClientError, match="does not exist"):
        logs.stop_query(queryId="none")


def test_searches_several_groups_at_once(emulator: Emulator, client: Client) -> None:
    event = LogEvent((SECOND - 5) * 1000, '{"n": 1}')
    groups = tuple(
        LogGroup(name=f"/g/{name}", created=NOW, streams=(Stream(name="s", events=(event,)),)) for name in "abc"
    )
    emulator.load(with_changed_region(clean_account(NOW), "eu-central-1", log_groups=groups))
    answer = ask(
        client,
        "fields @log",
        logGroupNames=["/g/a"],
    )
    logs = client("logs")
    arn = "arn:aws:logs:eu-central-1:111122223333:log-group:/g/b"
    query_id = logs.start_query(
        logGroupIdentifiers=[arn, "/g/c"], queryString="fields @log", startTime=SECOND - 9, endTime=SECOND
    )["queryId"]
    logs.get_query_results(queryId=query_id)
    both = logs.get_query_results(queryId=query_id)

    assert [row["@log"] for row in answer["results"]] == ["111122223333:/g/a"]
    assert len(both["results"]) == 2
    assert both["statistics"]["logGroupsScanned"] == 2.0


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        pytest.param({"logGroupNames": ["/none"]}, "ResourceNotFoundException", id="no such group"),
        pytest.param({"logGroupName": GROUP, "logGroupNames": [GROUP]}, "InvalidParameterException", id="two ways"),
        pytest.param({}, "InvalidParameterException", id="no group"),
        pytest.param({"logGroupNames": [GROUP] * 51}, "InvalidParameterException", id="too many groups"),
        pytest.param({"logGroupName": GROUP, "endTime": 1}, "InvalidParameterException", id="ends before it starts"),
        pytest.param({"logGroupName": GROUP, "limit": 100_001}, "InvalidParameterException", id="too many rows"),
    ],
)
def test_refuses_impossible_queries(emulator: Emulator, client: Client, asked: dict[str, Any], code: str) -> None:
    window = {"startTime": SECOND - 9, "endTime": SECOND, "queryString": "fields @message"}
    logs = client("logs")
    with pytest.raises(ClientError) as caught:
        logs.start_query(**{**window, **asked})

    assert caught.value.response["Error"]["Code"] == code


def test_the_same_query_has_the_same_id(emulator: Emulator, client: Client) -> None:
    asked = {"logGroupName": GROUP, "queryString": "fields @message", "startTime": SECOND - 1, "endTime": SECOND}
    logs = client("logs")

    assert logs.start_query(**asked)["queryId"] == logs.start_query(**asked)["queryId"]
    assert emulator.now - NOW == timedelta(0)
