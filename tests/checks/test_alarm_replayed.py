from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.checks.judging import findings
from tests.samples import (
    DENIED,
    NOW,
    WINDOW,
    alarm,
    alarms,
    hit_group,
    log_alarm,
    metric,
    metric_filter,
    metric_filters,
    rule_result,
    scan,
)

from eksaminer.check import Check
from eksaminer.evidence.alarms import AlarmTerm
from eksaminer.evidence.scan import Aggregate, AuditLogScan, Hit, ObjectReference, Refusals
from eksaminer.findings import Finding

FIRST = int(WINDOW.since.timestamp()) // 60
DAY = 24 * 60


@pytest.fixture
def check(checks: dict[str, Check]) -> Check:
    return checks["ALM-04"]


def minutes(*counts: tuple[int, int]) -> Refusals:
    """Return refusals of known users: how many in which minute of the window."""
    return Refusals(minutes=tuple((FIRST + minute, count, 0, 0) for minute, count in counts))


def burst(minute: int, count: int) -> Hit:
    since = WINDOW.since + timedelta(minutes=minute)
    return Hit(
        audit_id="a", time=since, user="", actor="anonymous", source_ips=("203.0.113.9",), user_agent="curl",
        verb="list", resource=ObjectReference(resource="secrets"), code=403, decision="forbid", reason="",
        dry_run=False, evidence={}, truncated=False, log_group="", file="f", line=1,
        aggregate=Aggregate(count=count, since=since, until=since + timedelta(minutes=2), audit_ids=("a",)),
    )  # fmt: skip


def seen(refusals: Refusals, *bursts: Hit, **fields: Any) -> AuditLogScan:
    who = hit_group(user="alice", source="198.51.100.7", agent="kubectl", code=403, count=3)
    return scan(
        rule_result("AUTH-DENIED", who),
        rule_result("AUTH-DENIED-BURST-IP", first_hits=bursts, hits=len(bursts)),
        refusals=refusals, **fields,
    )  # fmt: skip


def judged(check: Check, found: AuditLogScan, **fields: Any) -> tuple[Finding, ...]:
    return findings(check, found, alarms(alarm(**fields)))


def test_passes_where_the_alarm_would_have_seen_the_burst(check: Check) -> None:
    (finding,) = judged(check, seen(minutes((600, 30)), burst(600, 30)))

    assert finding.status.value == "pass"
    assert "raised 1 times" in finding.text
    assert "highest value of 5 minutes 30" in finding.text
    assert "alice from 198.51.100.7 with kubectl: 3" in str(finding.evidence)


def test_passes_where_nothing_was_refused(check: Check) -> None:
    (finding,) = judged(check, seen(minutes()))

    assert finding.status.value == "pass"
    assert "No request was refused" in finding.text


def test_asks_a_person_where_no_alarm_sees_the_burst(check: Check) -> None:
    (finding,) = judged(check, seen(minutes((600, 19)), burst(600, 19)))

    assert finding.status.value == "review"
    assert "burst of 19 refused requests" in finding.text
    assert "threshold 20" in finding.text


def test_asks_a_person_where_the_alarm_is_always_raised(check: Check) -> None:
    (finding,) = judged(check, seen(minutes(*((minute, 30) for minute in range(DAY)))))

    assert finding.status.value == "review"
    assert "100.0 % of the time" in finding.text


REPLAYED = [
    pytest.param({}, [(0, 19), (1, 1)], 1, id="minutes of one period are added"),
    pytest.param({}, [(4, 19), (5, 1)], 0, id="minutes of two periods are not"),
    pytest.param({"comparison": "GreaterThanThreshold"}, [(0, 20)], 0, id="more than the threshold"),
    pytest.param({"comparison": "GreaterThanThreshold"}, [(0, 21)], 1, id="one more than the threshold"),
    pytest.param({}, [(0, 20), (10, 20), (20, 20)], 3, id="three rises"),
    pytest.param({}, [(0, 20), (5, 20)], 1, id="two periods in a row are one"),
    pytest.param({"evaluation_periods": 3, "datapoints": 2}, [(0, 20), (10, 20)], 1, id="two of three"),
    pytest.param({"evaluation_periods": 3, "datapoints": 2}, [(0, 20), (15, 20)], 0, id="two, too far apart"),
]


@pytest.mark.parametrize(("fields", "counts", "times"), REPLAYED)
def test_replays_the_alarm_as_it_is_set(
    check: Check, fields: dict[str, Any], counts: list[tuple[int, int]], times: int
) -> None:
    (finding,) = judged(check, seen(minutes(*counts)), **fields)

    assert f"raised {times} times" in finding.text


def test_counts_what_the_filter_counts_alone(check: Check) -> None:
    only = metric_filters(metric_filter(pattern="{ $.responseStatus.code = 401 }"))
    refusals = Refusals(minutes=((FIRST, 90, 40, 20),))
    (finding,) = findings(check, seen(refusals), alarms(alarm()), only)

    assert "highest value of 5 minutes 20" in finding.text


def test_a_metric_that_is_silent_between_refusals_keeps_an_alarm_that_ignores_it(check: Check) -> None:
    silent = metric_filters(metric_filter(metrics=(metric(default=None),)))
    (finding,) = findings(check, seen(minutes((0, 20))), alarms(alarm(missing="missing")), silent)

    assert "raised 1 times and 0.3 % of the time" in finding.text


def test_is_not_assessed_where_refusals_were_not_counted(check: Check) -> None:
    (finding,) = judged(check, scan(refusals=DENIED))

    assert finding.status.value == "not_assessed"


def test_is_not_assessed_where_a_part_of_the_window_was_not_read(check: Check) -> None:
    (finding,) = judged(check, seen(minutes((0, 1)), unread=DENIED))

    assert finding.status.value == "not_assessed"


def test_a_missed_burst_stays_one_where_a_part_was_not_read(check: Check) -> None:
    (finding,) = judged(check, seen(minutes((0, 12)), burst(0, 12), unread=DENIED))

    assert finding.status.value == "review"


def test_does_not_replay_an_anomaly_band(check: Check) -> None:
    band = (
        AlarmTerm(id="m1", namespace="EKS/Audit", metric="Refused", stat="Sum", period=300),
        AlarmTerm(id="band", expression="ANOMALY_DETECTION_BAND(m1, 2)"),
    )
    fields = {"terms": band, "threshold": None, "threshold_term": "band", "comparison": "GreaterThanUpperThreshold"}
    (finding,) = judged(check, seen(minutes()), **fields)

    assert finding.status.value == "not_applicable"


def test_has_nothing_to_replay_without_an_alarm(check: Check) -> None:
    (finding,) = findings(check, seen(minutes()), alarms())

    assert finding.status.value == "not_applicable"
    assert WINDOW.until == NOW


def test_a_log_alarm_is_not_replayed_and_that_is_said(check: Check) -> None:
    (finding,) = findings(check, metric_filters(filters=()), alarms(log=(log_alarm(),)))

    assert finding.status.value == "not_applicable"
    assert "refused-query look at the results of queries" in finding.text
