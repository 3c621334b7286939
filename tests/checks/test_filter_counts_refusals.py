from __future__ import annotations

import pytest
from tests.checks.judging import findings
from tests.samples import (
    DENIED,
    REFUSALS,
    REFUSED,
    alarms,
    changed,
    guardduty,
    log_alarm,
    metric,
    metric_filter,
    metric_filters,
    subscriptions,
)

from eksaminer.check import Check
from eksaminer.evidence.alarms import Alarms, AuditLogSubscriptions, GuardDuty, SubscriptionFilter
from eksaminer.evidence.model import Section
from eksaminer.findings import Finding
from eksaminer.gap import Cause, Gap

OFF = guardduty(enabled=False, audit_logs=False)
UNREADABLE = Gap(cause=Cause.NOT_OBSERVABLE, detail="It looks at transformed events.")


@pytest.fixture
def check(checks: dict[str, Check]) -> Check:
    return checks["ALM-01"]


def judged(check: Check, *sections: Section, gaps: dict[type[Section], Gap] | None = None) -> Finding:
    (finding,) = findings(check, *sections, gaps=gaps)
    return finding


EQUIVALENT = [
    pytest.param(REFUSED, id="as the guide's alarm needs it"),
    pytest.param("{($.responseStatus.code=403)||($.responseStatus.code=401)}", id="swapped, without spaces"),
    pytest.param("{ $.responseStatus.code >= 401 && $.responseStatus.code <= 403 }", id="a range"),
    pytest.param("{ $.responseStatus.code = 40* }", id="a wildcard, which takes 404 too"),
    pytest.param("{ $.responseStatus.code = %^40[13]$% }", id="a regular expression"),
    pytest.param("{ $.kind = Event && ($.responseStatus.code = 401 || $.responseStatus.code = 403) }", id="and a kind"),
    pytest.param(
        '{ $.responseStatus.reason = "Forbidden" || $.responseStatus.reason = "Unauthorized" }', id="by the reason"
    ),
    pytest.param('?"\\"code\\":401" ?"\\"code\\":403"', id="texts of the raw event"),
]


@pytest.mark.parametrize("pattern", EQUIVALENT)
def test_passes_where_a_filter_catches_all_refusals_however_it_is_written(check: Check, pattern: str) -> None:
    finding = judged(check, metric_filters(metric_filter(pattern=pattern)), OFF)

    assert finding.status.value == "pass"
    assert "documentation" in str(finding.evidence)


def test_passes_where_two_filters_together_catch_them(check: Check) -> None:
    one = metric_filter("forbidden", "{ $.responseStatus.code = 403 }")
    other = metric_filter("unauthorized", "{ $.responseStatus.code = 401 }")
    finding = judged(check, metric_filters(one, other), OFF)

    assert finding.status.value == "pass"
    assert "forbidden and unauthorized" in finding.text


FAULTS = [
    pytest.param("{ $.responseStatus.code = 403 }", "401", id="403 alone"),
    pytest.param("{ $.responseStatus.code = 401 }", "403, an anonymous", id="401 alone"),
    pytest.param(
        '{ ($.responseStatus.code = 401 || $.responseStatus.code = 403) && $.stage = "ResponseComplete" }',
        "do not count: 401", id="a stage that no 401 has",
    ),
    pytest.param(
        '{ ($.responseStatus.code = 401 || $.responseStatus.code = 403) && $.user.username = "*" }',
        "do not count: 401", id="a user, whom no 401 has",
    ),
    pytest.param('{ $.user.username = "system:anonymous" }', "403, a known user", id="the guide's anonymous query"),
    pytest.param('{ $.errorCode = "*UnauthorizedOperation" || $.errorCode = "AccessDenied*" }', "403", id="CloudTrail"),
    pytest.param("{ $.status = 403 || $.status = 401 }", "403", id="fields that no audit event has"),
    pytest.param("", "requests that succeeded", id="everything"),
    pytest.param("?401 ?403", "requests that succeeded", id="numbers anywhere in the line"),
    pytest.param("{ $.responseStatus.code >= 200 }", "requests that succeeded", id="every answer"),
    pytest.param("ERROR", "do not count", id="a word of other logs"),
]  # fmt: skip


@pytest.mark.parametrize(("pattern", "told"), FAULTS)
def test_fails_and_says_what_is_not_counted(check: Check, pattern: str, told: str) -> None:
    finding = judged(check, metric_filters(metric_filter(pattern=pattern)), OFF)

    assert finding.status.value == "fail"
    assert told in finding.text


def test_fails_without_a_filter(check: Check) -> None:
    finding = judged(check, metric_filters(metric_filter(), filters=()), OFF)

    assert finding.status.value == "fail"
    assert "has no metric filter" in finding.text
    assert "put-metric-filter --region eu-central-1 --log-group-name /aws/eks/demo/cluster" in finding.command


def test_fails_on_a_class_without_metric_filters(check: Check) -> None:
    finding = judged(check, metric_filters(filters=(), log_class="INFREQUENT_ACCESS"), OFF)

    assert finding.status.value == "fail"
    assert "INFREQUENT_ACCESS" in finding.text


@pytest.mark.parametrize("value", ["0", "-1", "none"])
def test_fails_where_a_match_does_not_make_the_metric_rise(check: Check, value: str) -> None:
    finding = judged(check, metric_filters(metric_filter(metrics=(metric(value=value),))), OFF)

    assert finding.status.value == "fail"
    assert f"writes {value}" in finding.text


FIREHOSE = "arn:aws:firehose:eu-central-1:111122223333:deliverystream/siem"
SIEM = SubscriptionFilter(name="siem", pattern="", destination=FIREHOSE, unreadable=None)


@pytest.mark.parametrize(
    ("sections", "told"),
    [
        pytest.param((guardduty(),), "GuardDuty EKS audit log monitoring", id="GuardDuty"),
        pytest.param((OFF, subscriptions(SIEM)), "deliverystream/siem", id="a subscription to everything"),
        pytest.param((OFF, subscriptions(changed(SIEM, pattern=REFUSED))), "siem", id="a subscription to refusals"),
    ],
)
def test_asks_a_person_where_something_else_watches(check: Check, sections: tuple[Section, ...], told: str) -> None:
    finding = judged(check, metric_filters(filters=()), *sections)

    assert finding.status.value == "review"
    assert told in finding.text


def test_a_subscription_to_something_else_watches_nothing(check: Check) -> None:
    finding = judged(check, metric_filters(filters=()), OFF, subscriptions(changed(SIEM, pattern="ERROR")))

    assert finding.status.value == "fail"


@pytest.mark.parametrize("kind", [GuardDuty, AuditLogSubscriptions, Alarms])
def test_is_not_assessed_where_what_else_watches_could_not_be_seen(check: Check, kind: type[Section]) -> None:
    others = [section for section in (OFF, subscriptions()) if not isinstance(section, kind)]
    finding = judged(check, metric_filters(filters=()), *others, gaps={kind: DENIED})

    assert finding.status.value == "not_assessed"
    assert "could not be seen" in finding.text


def test_is_not_assessed_where_the_answer_depends_on_what_is_left_open(check: Check) -> None:
    pattern = '{ $.responseStatus.code = "401" || $.responseStatus.code = "403" }'
    finding = judged(check, metric_filters(metric_filter(pattern=pattern)), OFF)

    assert finding.status.value == "not_assessed"
    assert "quoted_number" in finding.text
    assert finding.cause is not None
    assert finding.cause.permission == "logs:TestMetricFilter"


@pytest.mark.parametrize(("tested", "status"), [(REFUSALS, "pass"), (frozenset[str](), "fail")])
def test_what_aws_says_settles_what_is_left_open(check: Check, tested: frozenset[str], status: str) -> None:
    pattern = '{ $.responseStatus.code = "401" || $.responseStatus.code = "403" }'
    finding = judged(check, metric_filters(metric_filter(pattern=pattern, tested=tested)), OFF)

    assert finding.status.value == status


def test_a_disagreement_between_aws_and_its_documentation_is_reported(check: Check) -> None:
    found = findings(check, metric_filters(metric_filter(tested=REFUSALS - {"anonymous"})), OFF)

    assert [finding.status.value for finding in found] == ["fail", "review"]
    assert "anonymous" in found[1].text


def test_a_filter_that_cannot_be_read_is_no_verdict(check: Check) -> None:
    finding = judged(check, metric_filters(metric_filter(unreadable=UNREADABLE, tested=UNREADABLE)), OFF)

    assert finding.status.value == "not_assessed"
    assert finding.cause is not None
    assert finding.cause.cause is Cause.NOT_OBSERVABLE


def test_a_filter_that_cannot_be_read_beside_a_good_one_changes_nothing(check: Check) -> None:
    odd = metric_filter("odd", unreadable=UNREADABLE, tested=UNREADABLE)

    assert judged(check, metric_filters(metric_filter(), odd), OFF).status.value == "pass"


def test_a_log_alarm_on_the_group_is_left_to_a_person(check: Check) -> None:
    odd = log_alarm(query="filter responseStatus.code in [401, 403] and odd(verb)")
    finding = judged(check, metric_filters(filters=()), OFF, alarms(log=(odd,)))

    assert finding.status.value == "review"
    assert "log alarms" in finding.text


def test_the_query_of_a_log_alarm_counts_what_it_finds(check: Check) -> None:
    whole = judged(check, metric_filters(filters=()), OFF, alarms(log=(log_alarm(),)))
    part = log_alarm(query="filter responseStatus.code = 403")
    partly = judged(check, metric_filters(filters=()), OFF, alarms(log=(part,)))

    assert whole.status.value == "pass"
    assert "the query of the log alarm refused-query" in whole.text
    assert partly.status.value == "fail"


def test_a_log_alarm_that_rises_when_requests_become_few_counts_nothing(check: Check) -> None:
    found = alarms(log=(log_alarm(comparison="LessThanThreshold"),))

    (finding,) = findings(check, found, metric_filters(filters=()), OFF)

    assert finding.status.value == "fail"
