from __future__ import annotations

from typing import Any

import pytest
from tests.checks.judging import findings
from tests.samples import (
    DENIED,
    TOPIC_ARN,
    alarm,
    alarms,
    composite,
    guardduty,
    log_alarm,
    metric_filters,
    topic,
    topics,
)

from eksaminer.check import Check
from eksaminer.evidence.alarms import AlarmMuteRules, GuardDuty, MuteRule, Subscriptions, TopicAttributes
from eksaminer.evidence.model import Section
from eksaminer.findings import Finding
from eksaminer.gap import Gap

OFF = guardduty(enabled=False, audit_logs=False)
GONE = topic(
    attributes=TopicAttributes(exists=False, confirmed=0, pending=0, kms_key=""),
    subscriptions=Subscriptions(exists=False, confirmed=(), pending=()),
)
PENDING = topic(
    attributes=TopicAttributes(exists=True, confirmed=0, pending=1, kms_key=""),
    subscriptions=Subscriptions(exists=True, confirmed=(), pending=("email",)),
)
ENCRYPTED = topic(attributes=TopicAttributes(exists=True, confirmed=1, pending=0, kms_key="alias/aws/sns"))
MUTED = AlarmMuteRules(active=(MuteRule(name="freeze", alarms=("refused",), expression="", duration="", expires=None),))


@pytest.fixture
def check(checks: dict[str, Check]) -> Check:
    return checks["ALM-03"]


def judged(check: Check, *sections: Section, gaps: dict[type[Section], Gap] | None = None) -> Finding:
    (finding,) = findings(check, OFF, *sections, gaps=gaps)
    return finding


def test_passes_where_a_confirmed_subscription_is_notified(check: Check) -> None:
    finding = judged(check)

    assert finding.status.value == "pass"
    assert "security (email)" in finding.text


def test_the_counts_of_a_topic_suffice_without_its_list(check: Check) -> None:
    assert judged(check, topics(topic(subscriptions=DENIED))).status.value == "pass"


FAULTS = [
    pytest.param({"actions": ()}, (), "has no action", id="no action"),
    pytest.param({"actions_enabled": False}, (), "are disabled", id="actions disabled"),
    pytest.param({}, (topics(GONE),), "does not exist", id="topic deleted"),
    pytest.param({}, (topics(PENDING),), "no confirmed subscription", id="subscription never confirmed"),
    pytest.param({}, (topics(ENCRYPTED),), "may not use that key", id="a key that CloudWatch may not use"),
    pytest.param({}, (MUTED,), "is muted now, by the rule freeze", id="muted"),
    pytest.param(
        {"actions": ("arn:aws:automate:eu-central-1:ec2:reboot",)}, (), "tells nobody", id="an action that tells nobody"
    ),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "sections", "told"), FAULTS)
def test_fails_where_nobody_is_told(
    check: Check, fields: dict[str, Any], sections: tuple[Section, ...], told: str
) -> None:
    finding = judged(check, alarms(alarm(**fields)), *sections)

    assert finding.status.value == "fail"
    assert told in finding.text


def test_says_how_to_enable_actions_again(check: Check) -> None:
    finding = judged(check, alarms(alarm(actions_enabled=False)))

    assert finding.command == "aws cloudwatch enable-alarm-actions --region eu-central-1 --alarm-names refused"


@pytest.mark.parametrize(
    ("action", "status"),
    [
        pytest.param("arn:aws:ssm:eu-central-1:111122223333:opsitem:1", "pass", id="an OpsItem"),
        pytest.param("arn:aws:ssm-incidents::111122223333:response-plan/p", "pass", id="an incident"),
        pytest.param("arn:aws:lambda:eu-central-1:111122223333:function:f", "review", id="a function"),
    ],
)
def test_other_actions_reach_people_as_far_as_that_can_be_said(check: Check, action: str, status: str) -> None:
    assert judged(check, alarms(alarm(actions=(action,)))).status.value == status


COMPOSITES = [
    pytest.param('ALARM("refused")', "pass", id="alone"),
    pytest.param("ALARM(refused) OR ALARM(other)", "pass", id="or another"),
    pytest.param('(ALARM("other") OR NOT OK("refused")) AND NOT ALARM("maintenance")', "pass", id="and not"),
    pytest.param('ALARM("refused") AND ALARM("other")', "fail", id="only together with another"),
    pytest.param('ALARM("refused-2")', "fail", id="a name that begins alike"),
    pytest.param('NOT ALARM("refused")', "fail", id="turned round"),
    pytest.param('AT_LEAST(1, ALARM, ("refused", "other"))', "review", id="a function that is not known"),
    pytest.param("(" * 300 + 'ALARM("refused")' + ")" * 300, "review", id="a rule too deep"),
]


@pytest.mark.parametrize(("rule", "status"), COMPOSITES)
def test_a_composite_alarm_counts_if_the_alarm_raises_it_alone(check: Check, rule: str, status: str) -> None:
    found = alarms(alarm(actions=()), composite=(composite(rule),))

    assert judged(check, found).status.value == status


def test_a_composite_upon_a_composite_counts_too(check: Check) -> None:
    upon = (composite('ALARM("refused")', "first", actions=()), composite('ALARM("first")', "second"))

    assert judged(check, alarms(alarm(actions=()), composite=upon)).status.value == "pass"


def test_a_composite_whose_actions_are_suppressed_does_not(check: Check) -> None:
    suppressed = composite('ALARM("refused")', suppressor="maintenance", suppressed_by="Alarm")
    finding = judged(check, alarms(alarm(actions=()), composite=(suppressed,)))

    assert finding.status.value == "fail"
    assert "suppressed by maintenance" in finding.text


def test_one_of_two_alarms_that_reaches_somebody_suffices(check: Check) -> None:
    assert judged(check, alarms(alarm("silent", actions=()), alarm())).status.value == "pass"


UNSEEN = [
    pytest.param((topics(topic(attributes=DENIED, subscriptions=DENIED)),), {}, id="the topic"),
    pytest.param((topics(topic(attributes=DENIED)),), {}, id="the key of the topic"),
    pytest.param((), {AlarmMuteRules: DENIED}, id="the mute rules"),
]


@pytest.mark.parametrize(("sections", "gaps"), UNSEEN)
def test_is_not_assessed_where_the_way_could_not_be_seen(
    check: Check, sections: tuple[Section, ...], gaps: dict[type[Section], Gap]
) -> None:
    finding = judged(check, *sections, gaps=gaps)

    assert finding.status.value == "not_assessed"


def test_fails_without_knowing_the_mute_rules_where_nobody_is_told_anyway(check: Check) -> None:
    finding = judged(check, alarms(alarm(actions=())), gaps={AlarmMuteRules: DENIED})

    assert finding.status.value == "fail"


def test_asks_a_person_where_guardduty_watches(check: Check) -> None:
    (finding,) = findings(check, alarms(alarm(actions=())), guardduty())

    assert finding.status.value == "review"


def test_is_not_assessed_where_what_else_watches_could_not_be_seen(check: Check) -> None:
    (finding,) = findings(check, alarms(alarm(actions=())), gaps={GuardDuty: DENIED})

    assert finding.status.value == "not_assessed"


def test_has_nothing_to_judge_without_an_alarm(check: Check) -> None:
    assert judged(check, alarms()).status.value == "not_applicable"
    assert judged(check, metric_filters(filters=())).status.value == "not_applicable"
    assert TOPIC_ARN.endswith("security")


def test_a_log_alarm_reaches_whom_its_topic_reaches(check: Check) -> None:
    sections = (metric_filters(filters=()), alarms(log=(log_alarm(),)))
    (reached,) = findings(check, *sections)
    (silent,) = findings(check, *sections[:1], alarms(log=(log_alarm(actions=()),)))

    assert reached.status.value == "pass"
    assert silent.status.value != "pass"
    assert "has no action" in silent.text
