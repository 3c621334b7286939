from __future__ import annotations

from datetime import timedelta

import pytest
from tests.checks.judging import findings
from tests.samples import (
    DENIED,
    KEY_ARN,
    NOW,
    changed,
    cloudtrail_events,
    covered,
    logging_updates,
    management_event,
    scan,
)

from eksaminer.evidence.cluster import LoggingUpdate, LoggingUpdates
from eksaminer.evidence.lookups import FilesRead, ManagementEvent
from eksaminer.outcome import Period
from eksaminer_checks.enable_audit_logs.audit_log_kept_on import audit_log_kept_on

EKS, LOGS, KMS = "eks.amazonaws.com", "logs.amazonaws.com", "kms.amazonaws.com"
GROUP = "/aws/eks/demo/cluster"
HOUR = timedelta(hours=1)
OFF = '{"clusterLogging":[{"enabled":false,"types":["audit"]}]}'
ON = '{"clusterLogging":[{"enabled":true,"types":["audit"]}]}'
AUTHENTICATOR = '{"clusterLogging":[{"enabled":false,"types":["authenticator"]}]}'


def switched(logging: str, name: str = "demo", **fields: object) -> ManagementEvent:
    parameters = {"name": name, "logging": logging}
    return management_event("UpdateClusterConfig", source=EKS, parameters=parameters, **fields)


def logs(name: str, group: str = GROUP, **parameters: str) -> ManagementEvent:
    return management_event(name, source=LOGS, parameters={"logGroupName": group, **parameters})


def update(hours: float, *, off: bool, status: str = "Successful") -> LoggingUpdate:
    kinds = frozenset({"audit"})
    return LoggingUpdate(
        id=f"u{hours}", time=NOW - hours * HOUR, status=status, on=frozenset() if off else kinds,
        off=kinds if off else frozenset(), errors=(),
    )  # fmt: skip


def judged(*events: ManagementEvent, updates: LoggingUpdates | None = None) -> list[tuple[str, str, str]]:
    found = findings(audit_log_kept_on, cloudtrail_events(*events), updates or logging_updates())
    return [
        (item.status.value, item.severity.value, item.message.id.partition(".")[2])
        for item in found
        if item.status.value != "pass"
    ]


CASES = [
    pytest.param([switched(OFF)], ("fail", "high", "weakened"), id="switched off"),
    pytest.param([switched(OFF, error="AccessDenied")], ("review", "medium", "refused"), id="a refused attempt"),
    pytest.param([switched(AUTHENTICATOR)], ("review", "medium", "perhaps"), id="the authenticator log"),
    pytest.param(
        [switched(OFF, time=NOW - 3 * HOUR), switched(ON)], ("fail", "medium", "restored"), id="and on again"
    ),
    pytest.param([logs("DeleteLogGroup")], ("fail", "high", "weakened"), id="the log deleted"),
    pytest.param(
        [logs("DeleteLogStream", logStreamName="kube-apiserver-audit-1")], ("fail", "high", "weakened"), id="a stream"
    ),
    pytest.param([logs("PutRetentionPolicy", retentionInDays="7")], ("fail", "high", "weakened"), id="a short while"),
    pytest.param(
        [management_event("DisableKey", source=KMS, parameters={"keyId": KEY_ARN})], ("fail", "high", "weakened"),
        id="the key",
    ),
    pytest.param([logs("DeleteSubscriptionFilter")], ("review", "medium", "perhaps"), id="its copy"),
]  # fmt: skip
TRAPS = [
    pytest.param(management_event("UpdateClusterConfig", source=EKS, parameters={"name": "demo"}), id="the endpoint"),
    pytest.param(switched(ON), id="switched on"),
    pytest.param(switched(OFF, "another"), id="another cluster"),
    pytest.param(logs("DeleteLogGroup", "/aws/eks/demo-2/cluster"), id="another log group"),
    pytest.param(logs("DeleteLogStream", logStreamName="kube-scheduler-1"), id="a stream of the scheduler"),
    pytest.param(logs("PutRetentionPolicy", retentionInDays="400"), id="kept longer"),
    pytest.param(logs("PutRetentionPolicy", retentionInDays="90"), id="kept just long enough"),
]


@pytest.mark.parametrize(("events", "expected"), CASES)
def test_a_call_that_weakened_the_log_is_judged_by_its_effect(
    events: list[ManagementEvent], expected: tuple[str, str, str]
) -> None:
    assert judged(*events) == [expected]


@pytest.mark.parametrize("event", TRAPS)
def test_a_call_that_weakened_nothing_is_no_deviation(event: ManagementEvent) -> None:
    assert judged(event) == []


@pytest.mark.parametrize(
    ("updates", "expected"),
    [
        pytest.param([update(3, off=True)], [("fail", "high", "update_off")], id="off"),
        pytest.param(
            [update(3, off=True), update(1, off=False)], [("fail", "medium", "update_restored")], id="and on again"
        ),
        pytest.param([update(3, off=True, status="Failed")], [], id="an update that failed"),
        pytest.param([update(100 * 24, off=True)], [], id="before the period"),
        pytest.param([update(1, off=False)], [], id="switched on"),
    ],
)
def test_updates_tell_what_no_event_does(updates: list[LoggingUpdate], expected: list[tuple[str, str, str]]) -> None:
    assert judged(updates=logging_updates(*updates)) == expected


def test_an_update_and_its_event_are_one_finding() -> None:
    assert judged(switched(OFF), updates=logging_updates(update(1, off=True))) == [("fail", "high", "weakened")]


def test_says_how_long_the_log_was_off() -> None:
    (finding,) = findings(
        audit_log_kept_on, cloudtrail_events(switched(OFF, time=NOW - 3 * HOUR), switched(ON, time=NOW - HOUR))
    )

    assert "restored after 2 hours" in finding.text


def test_never_passes_what_was_not_read_to_its_end() -> None:
    for sections in ((cloudtrail_events(unread=DENIED),), (logging_updates(unread=DENIED),)):
        (finding,) = findings(audit_log_kept_on, *sections)

        assert finding.status == "not_assessed"


def silent(hours: float, until: float) -> Period:
    return Period(since=NOW - hours * HOUR, until=NOW - until * HOUR)


def test_says_where_the_log_is_empty_while_it_was_off() -> None:
    events = cloudtrail_events(switched(OFF, time=NOW - 3 * HOUR), switched(ON, time=NOW - HOUR))

    (finding,) = findings(audit_log_kept_on, events, scan(time_coverage=covered(silent(3, 1), silent(9, 8))))

    assert finding.message.id == "LOG-09.blind"
    assert "The log holds no event from 2026-11-23 05:00:00 UTC to 2026-11-23 07:00:00 UTC" in finding.text


@pytest.mark.parametrize(
    ("events", "updates", "expected"),
    [
        pytest.param((), (), ["not_assessed", "review"], id="nothing tells why"),
        pytest.param(
            (switched(OFF, time=NOW - 9 * HOUR), switched(ON)), (), ["fail", "not_assessed"], id="a call tells why"
        ),
        pytest.param((switched(OFF, time=NOW - 2 * HOUR),), (), ["fail", "not_assessed", "review"], id="a later call"),
        pytest.param(
            (switched(OFF, time=NOW - 9 * HOUR, error="AccessDenied"),), (), ["not_assessed", "review", "review"],
            id="an attempt",
        ),
        pytest.param((logs("DeleteLogGroup"),), (), ["fail", "not_assessed"], id="a log that was deleted"),
        pytest.param((), (update(8.1, off=True),), ["fail", "not_assessed"], id="an update tells why"),
    ],
)  # fmt: skip
def test_a_hole_in_the_log_is_evidence_where_the_calls_could_not_all_be_read(
    events: tuple[ManagementEvent, ...], updates: tuple[LoggingUpdate, ...], expected: list[str]
) -> None:
    read = scan(time_coverage=covered(silent(8, 6)))

    found = findings(
        audit_log_kept_on, cloudtrail_events(*events, unread=DENIED), logging_updates(*updates), read
    )  # fmt: skip

    assert sorted(item.status.value for item in found) == expected


def test_a_hole_in_the_log_is_left_to_another_check_where_all_calls_were_read() -> None:
    (finding,) = findings(audit_log_kept_on, scan(time_coverage=covered(silent(8, 6))))

    assert finding.status == "pass"


def test_a_short_hole_says_nothing() -> None:
    (finding,) = findings(
        audit_log_kept_on, cloudtrail_events(unread=DENIED), scan(time_coverage=covered(silent(8, 7.5)))
    )

    assert finding.status == "not_assessed"


def test_passes_on_files_and_says_what_they_hold() -> None:
    files = FilesRead(first=NOW - timedelta(days=100), last=NOW, unread=None)

    (finding,) = findings(audit_log_kept_on, changed(cloudtrail_events(unread=DENIED), files=files))

    assert (finding.status, finding.message.id) == ("pass", "LOG-09.none_in_files")
