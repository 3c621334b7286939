"""Logs Insights queries are read to their last row, within their budget, or they say what is missing."""

from itertools import pairwise
from typing import Any

import pytest

from eksaminer.collect.aws.reader import Reader
from eksaminer.collect.insights import Budget, Insights, Outcome, Row
from eksaminer.collect.session import Aws, CallFailed
from eksaminer.demo.account import LogEvent, LogGroup, Stream, clean_account, with_changed_region
from eksaminer.demo.emulator import Emulator

from .collecting import NOW, gate

START = int(NOW.timestamp()) - 1000
END = START + 999
GROUP = "/aws/eks/many/cluster"
QUERY = 'fields @timestamp, @message, @log, @logStream | filter @logStream like "kube-apiserver-audit"'
MANY = 10**9


def events(count: int, every: int = 1) -> tuple[LogEvent, ...]:
    return tuple(
        LogEvent((START + number * every) * 1000 + number % 7, f'{{"auditID":"{number}"}}') for number in range(count)
    )


def holding(*groups: LogGroup) -> Any:
    return with_changed_region(clean_account(NOW), "eu-central-1", log_groups=groups)


def group(count: int, every: int = 1, name: str = GROUP) -> LogGroup:
    stream = Stream(name="kube-apiserver-audit-0", events=events(count, every))
    other = Stream(name="kube-apiserver-0", events=events(count, every))
    return LogGroup(name=name, created=NOW, streams=(stream, other))


class Taken:
    """Takes rows and remembers them."""

    def __init__(self, budget: int = MANY, rows: int = 100, aws: Aws | None = None) -> None:
        self.rows: list[Row] = []
        reader = Reader(aws or gate(), "eu-central-1")
        self.insights = Insights(reader, Budget(budget), self.rows.append)
        self.insights.max_rows = rows

    def read(self, *groups: str) -> Outcome:
        return self.insights.read(groups or (GROUP,), QUERY, START, END)


@pytest.fixture
def many(emulator: Emulator) -> Emulator:
    emulator.load(holding(group(90)))
    emulator.query_progress = ("Scheduled",)
    return emulator


def queries(emulator: Emulator) -> list[tuple[int, int]]:
    return [
        (call.parameters["startTime"], call.parameters["endTime"])
        for call in emulator.calls
        if call.action == "logs:StartQuery"
    ]


def test_reads_every_row_with_group_stream_and_time(many: Emulator) -> None:
    taken = Taken()

    outcome = taken.read()

    assert outcome == Outcome(scanned=180, unread=None)
    assert {row.message for row in taken.rows} == {event.message for event in events(90)}
    assert {(row.log_group, row.stream) for row in taken.rows} == {(GROUP, "kube-apiserver-audit-0")}
    assert {row.time_ms for row in taken.rows} == {event.timestamp for event in events(90)}


def test_reads_every_page(many: Emulator) -> None:
    many.page_size = 7
    taken = Taken()

    outcome = taken.read()

    assert outcome.unread is None
    assert len({row.message for row in taken.rows}) == len(taken.rows) == 90


def test_exactly_as_many_rows_as_a_query_may_return_need_no_second_query(many: Emulator) -> None:
    taken = Taken(rows=90)

    outcome = taken.read()

    assert outcome.unread is None
    assert len(queries(many)) == 1
    assert len(taken.rows) == 90


def test_a_query_with_too_many_rows_is_split_by_time_and_loses_nothing(many: Emulator) -> None:
    taken = Taken(rows=20)

    outcome = taken.read()

    assert outcome == Outcome(scanned=180, unread=None)
    assert sorted(row.message for row in taken.rows) == sorted(event.message for event in events(90))
    assert len(queries(many)) > 1


def test_the_parts_of_a_split_query_touch_and_do_not_overlap(many: Emulator) -> None:
    Taken(rows=20).read()

    asked = set(queries(many))
    leaves = sorted(span for span in asked if not any(other != span and within(other, span) for other in asked))
    assert leaves[0][0] == START
    assert leaves[-1][1] == END
    assert all(first[1] + 1 == second[0] for first, second in pairwise(leaves))


def within(inner: tuple[int, int], outer: tuple[int, int]) -> bool:
    return outer[0] <= inner[0] and inner[1] <= outer[1]


def test_more_rows_in_one_second_than_a_query_returns_are_capped_and_said(emulator: Emulator) -> None:
    crowd = tuple(LogEvent(START * 1000 + number, f'{{"auditID":"{number}"}}') for number in range(30))
    stream = Stream(name="kube-apiserver-audit-0", events=crowd)
    emulator.load(holding(LogGroup(name=GROUP, created=NOW, streams=(stream,))))
    taken = Taken(rows=20)

    outcome = taken.read()

    assert outcome.unread is not None
    assert outcome.unread.cause == "capped"
    assert "within one second" in outcome.unread.detail
    assert len(taken.rows) == 20


def test_a_split_that_would_exceed_the_budget_is_not_made_and_what_was_found_is_kept(many: Emulator) -> None:
    size = sum(len(event.message) for event in events(90)) * 2
    taken = Taken(rows=20, budget=size + size // 2)

    outcome = taken.read()

    assert outcome.unread is not None
    assert outcome.unread.cause == "capped"
    assert "raise --max-scan-gb" in outcome.unread.detail
    assert len(queries(many)) == 1
    assert len(taken.rows) == 20


def test_a_query_over_several_groups_keeps_their_rows_apart(emulator: Emulator) -> None:
    emulator.load(holding(group(3, name="/aws/eks/a/cluster"), group(5, name="/aws/eks/b/cluster")))
    taken = Taken()

    outcome = taken.read("/aws/eks/a/cluster", "/aws/eks/b/cluster")

    assert outcome.scanned == 16
    assert [row.log_group for row in taken.rows].count("/aws/eks/a/cluster") == 3
    assert [row.log_group for row in taken.rows].count("/aws/eks/b/cluster") == 5


def test_a_query_that_fails_is_stopped_and_said(many: Emulator) -> None:
    many.query_progress = ("Running", "Failed")
    taken = Taken()

    outcome = taken.read()

    assert outcome.unread is not None
    assert outcome.unread.cause == "error"
    assert "Failed" in outcome.unread.detail
    assert many.actions[-1] == "logs:StopQuery"


def test_a_query_that_reaches_the_limit_is_stopped_and_what_it_found_is_kept(many: Emulator) -> None:
    row = (
        b'[{"field":"@timestamp","value":"2026-11-23 11:59:00.000"},{"field":"@message","value":"{}"},'
        b'{"field":"@log","value":"111122223333:/aws/eks/many/cluster"}]'
    )
    body = b'{"status":"Running","results":[' + row + b'],"statistics":{"bytesScanned":1000.0,"recordsScanned":7.0}}'
    many.garble("logs:GetQueryResults", body)
    taken = Taken(budget=999)

    outcome = taken.read()

    assert outcome.unread is not None
    assert outcome.unread.cause == "capped"
    assert (outcome.scanned, len(taken.rows)) == (7, 1)
    assert many.actions[-1] == "logs:StopQuery"


def test_results_that_may_not_be_read_stop_the_query(many: Emulator) -> None:
    many.deny("logs:GetQueryResults")

    outcome = Taken().read()

    assert outcome.unread is not None
    assert outcome.unread.permission == "logs:GetQueryResults"
    assert many.actions[-1] == "logs:StopQuery"


def test_a_query_that_may_not_be_started_is_the_callers_business(many: Emulator) -> None:
    many.deny("logs:StartQuery")

    with pytest.raises(CallFailed):
        Taken().read()


def test_an_interrupted_run_stops_its_query(many: Emulator) -> None:
    aws = gate()
    taken = Taken(aws=aws)

    def stop(seconds: float) -> None:
        aws.stop()

    aws.pause = stop  # type: ignore[method-assign]
    outcome = taken.read()

    assert outcome.unread is not None
    assert "interrupted" in outcome.unread.detail
    assert many.actions[-1] == "logs:StopQuery"


def test_rows_are_stored_nowhere_but_in_the_spool(many: Emulator) -> None:
    taken = Taken()
    taken.read()
    aws = taken.insights.reader.aws

    stored = b"".join(aws.answers.values())

    assert b"auditID" not in stored
    assert b'"rows":90' in stored


def test_the_budget_counts_each_query_once_however_often_it_reports() -> None:
    budget = Budget(100)

    assert budget.report("a", 40)
    assert budget.report("a", 60)
    assert budget.report("b", 40)
    assert not budget.has_room(1)
    assert not budget.report("b", 41)
