"""What is read of filters, alarms and topics: what cannot be judged here says why, and nothing is confused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from eksaminer.collect.areas import read_alarm_sections
from eksaminer.collect.aws.alarms import read_alarms, read_guardduty, read_mute_rules
from eksaminer.collect.aws.reader import Reader
from eksaminer.collect.clock import FixedClock
from eksaminer.collect.session import Aws, Settings
from eksaminer.demo.account import (
    ACCOUNT_ID,
    MuteRule,
    Topic,
    clean_account,
    refused_alarm,
    refused_filter,
    with_changed_group,
    with_changed_region,
    without_group,
)
from eksaminer.demo.emulator import Emulator, pointed_at
from eksaminer.evidence.alarms import AlarmTopics, AuditMetricFilters
from eksaminer.evidence.model import Target
from eksaminer.gap import Cause, Gap

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
HOME, GROUP = "eu-central-1", "/aws/eks/prod-good/cluster"
TARGET = Target(account=ACCOUNT_ID, region=HOME, cluster="prod-good")


@pytest.fixture
def emulator(running: Emulator) -> Iterator[Emulator]:
    running.reset()
    running.load(clean_account(NOW), NOW)
    with pointed_at(running.url, HOME):
        yield running
    running.reset()


def aws() -> Aws:
    return Aws(Settings(run_id="0123456789ab", attempts=1), FixedClock(NOW))


def filters(emulator: Emulator, **fields: Any) -> AuditMetricFilters:
    changed = refused_filter("prod-good", **fields)
    emulator.load(with_changed_group(clean_account(NOW), GROUP, metric_filters=(changed,)), NOW)
    found = read_alarm_sections(aws(), TARGET)[AuditMetricFilters.key]
    assert isinstance(found, AuditMetricFilters)
    return found


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        pytest.param({"transformed": True}, "transformed events", id="transformed logs"),
        pytest.param({"selection": '@aws.region = "eu-central-1"'}, "by account or region", id="selected fields"),
        pytest.param({"pattern": "{ $.a == 1 }"}, "character 8", id="a pattern that is none"),
    ],
)
def test_a_filter_that_cannot_be_judged_says_why(emulator: Emulator, fields: dict[str, Any], told: str) -> None:
    (found,) = filters(emulator, **fields).filters

    assert found.unreadable is not None
    assert found.unreadable.cause is Cause.NOT_OBSERVABLE
    assert told in found.unreadable.detail


def test_a_filter_on_transformed_events_is_not_tested_on_plain_ones(emulator: Emulator) -> None:
    (found,) = filters(emulator, transformed=True).filters

    assert isinstance(found.tested, Gap)
    assert "logs:TestMetricFilter" not in emulator.actions


def test_a_group_that_does_not_exist_is_a_prerequisite(emulator: Emulator) -> None:
    emulator.load(without_group(clean_account(NOW), GROUP), NOW)

    found = read_alarm_sections(aws(), TARGET)

    assert {getattr(part, "cause", None) for part in found.values()} == {Cause.PREREQUISITE_FAILED}


def test_an_older_botocore_does_not_read_log_alarms_and_says_so(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    def knows(*asked: object) -> bool:
        return "LogAlarms" not in asked

    monkeypatch.setattr(Aws, "knows", knows)

    found = read_alarms(Reader(aws(), HOME))

    assert isinstance(found.log, Gap)
    assert found.log.cause is Cause.UNSUPPORTED
    assert "install boto3" in found.log.detail
    assert emulator.calls[-1].parameters["AlarmTypes"] == ["MetricAlarm", "CompositeAlarm"]


def test_alarms_of_all_kinds_are_read_page_by_page(emulator: Emulator) -> None:
    log = {
        **refused_alarm(NOW, "log"), "AlarmName": "zz-query", "QueryResultsToAlarm": 1, "QueryResultsToEvaluate": 1,
        "ScheduledQueryConfiguration": {
            "QueryString": "stats count(*)", "LogGroupIdentifiers": [GROUP], "AggregationExpression": "count(*)",
            "ScheduleConfiguration": {"ScheduleExpression": "rate(5 minutes)"},
        },
    }  # fmt: skip
    composite = {**refused_alarm(NOW, "c"), "AlarmName": "aa", "AlarmRule": "ALARM(zz-query)"}
    metric = tuple(refused_alarm(NOW, str(number)) for number in range(5))
    account = with_changed_region(
        clean_account(NOW), HOME, metric_alarms=metric, composite_alarms=(composite,), log_alarms=(log,)
    )
    emulator.load(account, NOW)
    emulator.page_size = 2

    found = read_alarms(Reader(aws(), HOME))

    assert (len(found.metric), len(found.composite), len(found.log if isinstance(found.log, tuple) else ())) == (
        5,
        1,
        1,
    )
    assert emulator.actions.count("cloudwatch:DescribeAlarms") == 4


def test_only_rules_that_mute_now_are_read(emulator: Emulator) -> None:
    rules = (MuteRule(name="now", alarms=("a",)), MuteRule(name="later", alarms=("b",), status="SCHEDULED"))
    emulator.load(with_changed_region(clean_account(NOW), HOME, mute_rules=rules), NOW)

    found = read_mute_rules(Reader(aws(), HOME))

    assert [rule.name for rule in found.active] == ["now"]
    assert found.muting("a") is not None
    assert found.muting("b") is None


def test_a_topic_of_another_region_is_asked_there(emulator: Emulator) -> None:
    arn = f"arn:aws:sns:us-east-1:{ACCOUNT_ID}:there"
    account = with_changed_region(clean_account(NOW), HOME, metric_alarms=(
        refused_alarm(NOW, "prod-good", AlarmActions=[arn]),
    ))  # fmt: skip
    other = replace(
        account.regions[0], name="us-east-1", clusters=(), topics=(Topic(name="there", confirmed=("sms",)),)
    )
    emulator.load(replace(account, regions=(*account.regions, other)), NOW)

    found = read_alarm_sections(aws(), TARGET)[AlarmTopics.key]

    assert isinstance(found, AlarmTopics)
    (topic,) = found.topics
    assert getattr(topic.subscriptions, "confirmed", ()) == ("sms",)


def test_the_detector_of_guardduty_is_read_with_its_features(emulator: Emulator) -> None:
    found = read_guardduty(Reader(aws(), HOME))
    none = read_guardduty(Reader(aws(), "us-east-1"))

    assert (found.watches, found.runtime) == (True, True)
    assert isinstance(found.coverage, tuple)
    assert [item.cluster for item in found.coverage] == ["prod-good"]
    assert (none.detector, none.watches) == ("", False)
