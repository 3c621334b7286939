"""Insights over HTTP from an emulated account: stores, events, rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.collect.collecting import ACCOUNT, NOW, collected, region, section

from eksaminer.collect.session import Aws
from eksaminer.demo.account import (
    EventRule,
    EventStore,
    InsightEvent,
    Region,
    TrailEvent,
    clean_account,
    with_changed_region,
    with_changed_trail,
)
from eksaminer.demo.emulator import Emulator
from eksaminer.evidence.cloudtrail import Trails
from eksaminer.evidence.model import Target
from eksaminer.evidence.trail_insights import EventDataStores, EventRules, InsightEvents

HOME = "eu-central-1"
RATES = ("ApiCallRateInsight", "ApiErrorRateInsight")
BURST = InsightEvent(
    name="RunInstances", source="ec2.amazonaws.com", started=NOW - timedelta(days=3),
    ended=NOW - timedelta(days=3) + timedelta(minutes=12), rate=30.5, baseline=0.01, principal="arn:aws:iam::1:role/x",
)  # fmt: skip


def of_home(kind: Any, *, live_logs: bool = True, **request: Any) -> Any:
    return section(collected(live_logs=live_logs, **request), region(HOME), kind)


def at_home(emulator: Emulator, **changes: Any) -> None:
    emulator.load(with_changed_region(clean_account(NOW), HOME, **changes))


def test_a_store_is_read_with_its_settings_in_the_region_it_lives_in(emulator: Emulator) -> None:
    lake = EventStore(name="lake", created=NOW - timedelta(days=400), insights=RATES)
    account = clean_account(NOW)
    emulator.load(replace(account, regions=(*account.regions, Region(name="us-east-1", event_stores=(lake,)))))

    found: Any = section(collected(), Target(account=ACCOUNT), EventDataStores)

    (store,), gaps = found.covering(HOME)
    assert gaps == []
    assert (store.name, store.region, store.status, store.multi_region) == ("lake", "us-east-1", "ENABLED", True)
    assert [item.type for item in store.insights.items] == list(RATES)
    assert store.too_recent is None


@pytest.mark.parametrize(
    ("changes", "recent"),
    [
        pytest.param({"created": NOW - timedelta(days=6)}, True, id="made lately"),
        pytest.param({"created": NOW - timedelta(days=60), "updated": NOW - timedelta(days=1)}, True, id="changed"),
        pytest.param({"created": NOW - timedelta(days=8)}, False, id="older than a week"),
    ],
)
def test_a_store_that_changed_within_a_week_may_have_no_baseline(
    emulator: Emulator, changes: dict[str, Any], recent: bool
) -> None:
    at_home(emulator, event_stores=(EventStore(name="lake", insights=RATES, **changes),))

    found: Any = section(collected(), Target(account=ACCOUNT), EventDataStores)

    assert (found.covering(HOME)[0][0].too_recent is not None) is recent


def test_a_store_without_insights_has_none(emulator: Emulator) -> None:
    at_home(emulator, event_stores=(EventStore(name="lake", created=NOW - timedelta(days=60)),))

    found: Any = section(collected(), Target(account=ACCOUNT), EventDataStores)

    assert found.covering(HOME)[0][0].insights.items == ()


def test_the_start_and_the_end_of_an_insights_event_are_one(emulator: Emulator) -> None:
    at_home(emulator, insight_events=(BURST, replace(BURST, name="CreateUser", ended=None, type=RATES[1], error="X")))

    events = {event.name: event for event in of_home(InsightEvents).events}

    burst = events["RunInstances"]
    assert (burst.started, burst.ended, burst.category) == (BURST.started, BURST.ended, "Management")
    assert (burst.rate, burst.baseline, burst.principals) == (30.5, 0.01, ("arn:aws:iam::1:role/x",))
    assert (events["CreateUser"].ended, events["CreateUser"].error) == (None, "X")


def test_insights_events_are_read_page_by_page_over_the_period(emulator: Emulator) -> None:
    many = tuple(replace(BURST, started=BURST.started - timedelta(hours=number)) for number in range(7))
    at_home(emulator, insight_events=(*many, replace(BURST, started=NOW - timedelta(days=50), ended=None)))
    emulator.page_size = 3

    found = of_home(InsightEvents, period=timedelta(days=30))

    assert len(found.events) == 7
    assert found.window.since == NOW - timedelta(days=30)


def test_insights_on_data_events_are_asked_of_their_trail(emulator: Emulator) -> None:
    account = with_changed_trail(clean_account(NOW), "security-trail", insights=dict.fromkeys(RATES, ("Data",)))
    event = replace(BURST, name="GetObject", trail="security-trail")
    emulator.load(with_changed_region(account, HOME, insight_events=(event,)))

    (found,) = of_home(InsightEvents).events

    assert (found.name, found.category) == ("GetObject", "Data")


def test_a_denied_part_of_the_events_is_kept_beside_the_others(emulator: Emulator) -> None:
    account = with_changed_trail(clean_account(NOW), "security-trail", insights=dict.fromkeys(RATES, ("Data",)))
    emulator.load(with_changed_region(account, HOME, insight_events=(BURST,)))
    emulator.deny("cloudtrail:ListInsightsData")

    found = of_home(InsightEvents)

    assert len(found.events) == 1
    assert [gap.permission for gap in found.unread] == ["cloudtrail:ListInsightsData"]


def test_insights_events_are_not_looked_up_without_live_logs(emulator: Emulator) -> None:
    found = of_home(InsightEvents, live_logs=False)

    assert found.cause == "not_requested"
    assert "cloudtrail:LookupEvents" not in emulator.actions


def switched(at: Any, **detail: Any) -> TrailEvent:
    return TrailEvent(
        name="PutInsightSelectors", time=at, source="cloudtrail.amazonaws.com", user="dana",
        detail={"requestParameters": {"trailName": "security-trail"}, **detail},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("event", "recent"),
    [
        pytest.param(switched(NOW - timedelta(hours=5)), True, id="five hours ago"),
        pytest.param(switched(NOW - timedelta(hours=40)), False, id="forty hours ago"),
        pytest.param(switched(NOW - timedelta(hours=5), errorCode="AccessDenied"), False, id="an attempt"),
        pytest.param(
            switched(NOW - timedelta(hours=5), requestParameters={"trailName": "another"}), False, id="another trail"
        ),
    ],
)
def test_insights_that_were_switched_on_lately_have_no_baseline(
    emulator: Emulator, event: TrailEvent, recent: bool
) -> None:
    at_home(emulator, events=(event,))

    found = of_home(InsightEvents).switched_on

    assert [item.gap.cause for item in found] == ["too_recent"] * recent


def test_only_rules_that_may_match_are_asked_for_their_targets(emulator: Emulator) -> None:
    rules = (
        EventRule(name="about-ecr", pattern='{"source":["aws.ecr"]}', targets=("arn:x",)),
        EventRule(name="all-of-aws", pattern='{"source":[{"prefix":"aws."}]}', targets=("arn:x",), state="DISABLED"),
        EventRule(name="not-understood", pattern='{"source":[{"unheard-of":1}]}', targets=()),
        EventRule(name="on-a-schedule", pattern=""),
    )
    at_home(emulator, event_rules=rules)

    found = of_home(EventRules)

    assert [(rule.name, rule.enabled, rule.targets) for rule in found.rules] == [
        ("all-of-aws", False, ("arn:x",)),
        ("not-understood", True, ()),
    ]
    assert found.others == 1
    assert emulator.actions.count("events:ListTargetsByRule") == 2


def test_a_botocore_that_does_not_read_categories_tells_nothing_of_insights(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    knows = Aws.knows

    def forgetful(aws: Aws, service: str, shape: str, member: str, where: str) -> bool:
        return member != "EventCategories" and knows(aws, service, shape, member, where)

    monkeypatch.setattr(Aws, "knows", forgetful)

    (trail,) = of_home(Trails).trails

    assert trail.insights.cause == "unsupported"
    assert "1.44" in trail.insights.detail
