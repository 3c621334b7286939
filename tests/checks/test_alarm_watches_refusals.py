from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.checks.judging import findings
from tests.samples import (
    DENIED,
    NOW,
    alarm,
    alarms,
    guardduty,
    log_alarm,
    metric,
    metric_filter,
    metric_filters,
)

from eksaminer.check import Check
from eksaminer.evidence.alarms import AlarmTerm, GuardDuty
from eksaminer.findings import Finding

OFF = guardduty(enabled=False, audit_logs=False)


@pytest.fixture
def check(checks: dict[str, Check]) -> Check:
    return checks["ALM-02"]


def term(**fields: Any) -> AlarmTerm:
    usual: dict[str, Any] = {"id": "m1", "namespace": "EKS/Audit", "metric": "Refused", "stat": "Sum", "period": 300}
    return AlarmTerm(**{**usual, **fields})


def math(expression: str, *terms: AlarmTerm) -> tuple[AlarmTerm, ...]:
    return (*(terms or (term(returned=False),)), AlarmTerm(id="e1", expression=expression))


def judged(check: Check, *items: Any, filters: Any = None, watching: Any = OFF) -> tuple[Finding, ...]:
    return findings(check, alarms(*items), filters or metric_filters(), watching)


BAND = {"threshold": None, "threshold_term": "band", "comparison": "GreaterThanUpperThreshold"}
SOUND = [
    pytest.param({}, id="the plain metric"),
    pytest.param({"comparison": "GreaterThanThreshold", "threshold": 0.0}, id="any refusal"),
    pytest.param({"terms": math("m1 / 5")}, id="metric math"),
    pytest.param({"terms": math("SUM(METRICS())")}, id="a sum of all metrics"),
    pytest.param({"terms": math("FILL(m1, 0)")}, id="filled"),
    pytest.param({"terms": math("IF(m1 > 10, 1, 0)"), "threshold": 1.0}, id="a condition"),
    pytest.param({"terms": math("100 - m1"), "comparison": "LessThanThreshold"}, id="turned round twice"),
    pytest.param(
        {"terms": (term(), AlarmTerm(id="band", expression="ANOMALY_DETECTION_BAND(m1, 2)")), **BAND}, id="a band"
    ),
    pytest.param(
        {"terms": (AlarmTerm(id="q", expression='SELECT SUM("Refused") FROM "EKS/Audit"', period=300),)},
        id="a query over the metric",
    ),
    pytest.param({"terms": (term(stat="Maximum"),), "threshold": 1.0}, id="the maximum, which any refusal reaches"),
    pytest.param({"state": "INSUFFICIENT_DATA", "state_since": NOW - timedelta(hours=1)}, id="new, without data yet"),
]


@pytest.mark.parametrize("fields", SOUND)
def test_passes_for_an_alarm_that_a_rise_raises(check: Check, fields: dict[str, Any]) -> None:
    (finding,) = judged(check, alarm(**fields))

    assert finding.status.value == "pass"


FLAWED = [
    pytest.param({"comparison": "LessThanThreshold"}, "not raised by a rise", id="direction"),
    pytest.param({"terms": math("100 - m1")}, "not raised by a rise", id="direction of an expression"),
    pytest.param({**BAND, "comparison": "LessThanLowerThreshold",
                  "terms": (term(), AlarmTerm(id="band", expression="ANOMALY_DETECTION_BAND(m1)"))},
                 "not raised by a rise", id="the lower side of a band"),
    pytest.param({"terms": (term(stat="Average"),)}, "statistic Average", id="an average"),
    pytest.param({"terms": (term(stat="p99"),)}, "statistic p99", id="a percentile"),
    pytest.param({"terms": (term(stat="SampleCount"),)}, "counts every event", id="samples"),
    pytest.param({"terms": (term(stat="Maximum"),)}, "cannot reach", id="a maximum of 1 against 20"),
    pytest.param({"threshold": 0.0}, "reached without any refused", id="a threshold that is always reached"),
    pytest.param({"terms": (term(dimensions={"cluster": "demo"}),)}, "has no data", id="dimensions that nothing has"),
    pytest.param({"state": "INSUFFICIENT_DATA", "state_since": NOW - timedelta(days=90)}, "no data since", id="stuck"),
    pytest.param({"evaluation": "EVALUATION_ERROR"}, "cannot be evaluated", id="an evaluation error"),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "told"), FLAWED)
def test_fails_for_an_alarm_that_looks_right_and_is_not(check: Check, fields: dict[str, Any], told: str) -> None:
    (finding,) = judged(check, alarm(**fields))

    assert finding.status.value == "fail"
    assert told in finding.text
    assert finding.resource.id.endswith(":alarm:refused")


REVIEWED = [
    pytest.param({"threshold": 5_000.0}, "nobody who tries doors", id="a threshold nobody reaches"),
    pytest.param({"evaluation_periods": 24, "datapoints": 24}, "2 hours", id="two hours late"),
    pytest.param({"terms": math("ANOMALY(m1)")}, "is not judged", id="an expression that is not known"),
    pytest.param({"terms": math("m1" + "-(" * 60 + "1" + ")" * 60)}, "is not judged", id="an expression too deep"),
    pytest.param(
        {"terms": (AlarmTerm(id="q", expression="SELECT SUM(Refused) FROM \"EKS/Audit\" WHERE user = 'a'"),)},
        "a part of the refused", id="a query of some",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "told"), REVIEWED)
def test_leaves_to_a_person_what_may_be_meant(check: Check, fields: dict[str, Any], told: str) -> None:
    (finding,) = judged(check, alarm(**fields))

    assert finding.status.value == "review"
    assert told in finding.text


QUIET = metric_filters(metric_filter(metrics=(metric(default=None),)))


@pytest.mark.parametrize(
    ("fields", "status", "told"),
    [
        pytest.param({"missing": "breaching"}, "fail", "raised by silence", id="breaching"),
        pytest.param({"missing": "ignore"}, "fail", "once raised it stays so", id="ignore"),
        pytest.param({"missing": "missing"}, "pass", "raises", id="missing"),
        pytest.param({"missing": "notBreaching"}, "pass", "raises", id="not breaching"),
        pytest.param({"state": "INSUFFICIENT_DATA", "state_since": NOW - timedelta(days=9), "missing": "missing"},
                     "review", "no data since", id="without data for days"),
        pytest.param({"terms": (term(stat="SampleCount"),)}, "pass", "raises", id="samples"),
    ],
)  # fmt: skip
def test_judges_missing_data_by_whether_the_filter_has_a_default_value(
    check: Check, fields: dict[str, Any], status: str, told: str
) -> None:
    (finding,) = judged(check, alarm(**fields), filters=QUIET)

    assert finding.status.value == status
    assert told in finding.text


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"terms": (term(metric="Refused-old"),)}, id="a metric of a filter that was deleted"),
        pytest.param({"terms": (term(namespace="EKS/audit"),)}, id="another namespace"),
        pytest.param({"terms": (term(metric="Refused2"),)}, id="a name that begins alike"),
        pytest.param({"terms": (), "promql": "sum(rate(refused[5m])) > 1"}, id="a query of another language"),
    ],
)
def test_fails_where_no_alarm_looks_at_the_metric(check: Check, fields: dict[str, Any]) -> None:
    (finding,) = judged(check, alarm(**fields))

    assert finding.status.value == "fail"
    assert "No alarm of the region looks at EKS/Audit/Refused" in finding.text


def test_a_sound_alarm_beside_a_flawed_one_suffices(check: Check) -> None:
    (finding,) = judged(check, alarm("old", comparison="LessThanThreshold"), alarm())

    assert finding.status.value == "pass"


TWO = metric_filters(
    metric_filter("forbidden", "{ $.responseStatus.code = 403 }", metrics=(metric(name="Forbidden"),)),
    metric_filter("unauthorized", "{ $.responseStatus.code = 401 }", metrics=(metric(name="Unauthorized"),)),
)
FORBIDDEN = (term(metric="Forbidden"),)
UNAUTHORIZED = (term(metric="Unauthorized"),)


def test_two_metrics_need_an_alarm_each(check: Check) -> None:
    (finding,) = judged(check, alarm("a", terms=FORBIDDEN), alarm("b", terms=UNAUTHORIZED), filters=TWO)

    assert finding.status.value == "pass"


def test_or_one_on_their_sum(check: Check) -> None:
    both = (term(metric="Forbidden", returned=False), term(id="m2", metric="Unauthorized", returned=False))
    (finding,) = judged(check, alarm(terms=math("m1 + m2", *both)), filters=TWO)

    assert finding.status.value == "pass"


def test_fails_where_one_of_them_has_none(check: Check) -> None:
    (finding,) = judged(check, alarm("a", terms=FORBIDDEN), filters=TWO)

    assert finding.status.value == "fail"
    assert "401" in finding.text


def test_a_metric_with_dimensions_needs_an_alarm_that_names_them(check: Check) -> None:
    filters = metric_filters(metric_filter(metrics=(metric(dimensions=frozenset({"verb"})),)))
    (without,) = judged(check, alarm(), filters=filters)
    (narrow,) = judged(check, alarm(terms=(term(dimensions={"verb": "list"}),)), filters=filters)

    assert without.status.value == "fail"
    assert narrow.status.value == "review"
    assert "verb=list" in narrow.text


def test_asks_a_person_where_guardduty_watches(check: Check) -> None:
    (finding,) = judged(check, watching=guardduty())

    assert finding.status.value == "review"
    assert "GuardDuty" in finding.text


def test_is_not_assessed_where_what_else_watches_could_not_be_seen(check: Check) -> None:
    (finding,) = findings(check, alarms(), gaps={GuardDuty: DENIED})

    assert finding.status.value == "not_assessed"


def test_has_nothing_to_judge_where_nothing_counts(check: Check) -> None:
    (finding,) = judged(check, alarm(), filters=metric_filters(filters=()))

    assert finding.status.value == "not_applicable"


LEFT_TO_A_PERSON = [
    pytest.param({"query": "filter responseStatus.code in [401, 403] and odd(verb)"}, id="a query that is not read"),
    pytest.param({"query": "filter responseStatus.code in [401, 403] | dedup verb"}, id="a command that is not read"),
    pytest.param({"comparison": "LessThanThreshold", "aggregation": "avg(n)"}, id="a falling average"),
    pytest.param({"aggregation": "avg(n)"}, id="an average"),
    pytest.param({"evaluation": "EVALUATION_ERROR"}, id="it cannot be evaluated"),
]


@pytest.mark.parametrize("fields", LEFT_TO_A_PERSON)
def test_a_log_alarm_that_is_not_understood_is_left_to_a_person(check: Check, fields: dict[str, Any]) -> None:
    (finding,) = findings(check, alarms(log=(log_alarm(**fields),)), metric_filters(filters=()), OFF)

    assert finding.status.value == "review"
    assert "refused-query" in finding.text


def test_a_log_alarm_whose_query_finds_refused_requests_watches_them(check: Check) -> None:
    (finding,) = findings(check, alarms(log=(log_alarm(),)), metric_filters(filters=()), OFF)

    assert finding.status.value == "pass"
    assert "refused-query" in finding.text


@pytest.mark.parametrize(
    "query", ["filter responseStatus.code = 500", "fields @message", "filter errorCode like /Denied/"]
)
def test_a_log_alarm_on_something_else_watches_nothing(check: Check, query: str) -> None:
    (finding,) = findings(check, alarms(log=(log_alarm(query=query),)), metric_filters(filters=()), OFF)

    assert finding.status.value == "not_applicable"


def test_a_log_alarm_on_the_group_of_another_cluster_is_none(check: Check) -> None:
    other = log_alarm(log_groups=("/aws/eks/demo-2/cluster", "/aws/eks/dem/cluster"))
    (finding,) = findings(check, alarms(log=(other,)), metric_filters(filters=()), OFF)

    assert finding.status.value == "not_applicable"
