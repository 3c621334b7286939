"""Alarms end to end: planted faults, traps that look like faults, and all of it with each permission denied.

Each case is a cluster of one account, so that everything is read once: names of one must not pass for another's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

import msgspec
import pytest
from tests.samples import info

from eksaminer.assess import judge
from eksaminer.collect.areas import REGION_SECTIONS, read_alarm_sections
from eksaminer.collect.clock import FixedClock
from eksaminer.collect.operations import OPERATIONS
from eksaminer.collect.session import Aws, Settings
from eksaminer.criteria import Criteria
from eksaminer.demo.account import (
    ACCOUNT_ID,
    Account,
    Cluster,
    LogGroup,
    MetricFilter,
    MuteRule,
    Region,
    Subscription,
    Topic,
    refused_alarm,
    refused_filter,
)
from eksaminer.demo.emulator import Emulator
from eksaminer.evidence.alarms import AlarmMuteRules, Alarms, GuardDuty
from eksaminer.evidence.collection import Collection
from eksaminer.evidence.model import Evidence, Target
from eksaminer.filter_pattern import DEFAULT
from eksaminer.findings import Finding
from eksaminer.outcome import Status
from eksaminer.registry import Loaded

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
LATE = NOW - timedelta(days=30)
HOME = "eu-central-1"
CHECKS = ("ALM-01", "ALM-02", "ALM-03")
BOTH = "{ ($.responseStatus.code = 401) || ($.responseStatus.code = 403) }"


@dataclass(frozen=True, kw_only=True)
class Plant:
    """What is there for one cluster: what is sound, unless it is changed."""

    filters: tuple[MetricFilter, ...]
    metric: tuple[Mapping[str, Any], ...]
    composite: tuple[Mapping[str, Any], ...] = ()
    log: tuple[Mapping[str, Any], ...] = ()
    mutes: tuple[MuteRule, ...] = ()
    topics: tuple[Topic, ...]
    subscriptions: tuple[Subscription, ...] = ()
    group: Mapping[str, Any] = field(default_factory=dict[str, Any])


Change = Callable[[str, Plant], Plant]
"""Changes the plant of the cluster of that name."""


def sound(name: str) -> Plant:
    topic = f"arn:aws:sns:{HOME}:{ACCOUNT_ID}:topic-{name}"
    alarm = refused_alarm(NOW, name, AlarmActions=[topic])
    return Plant(
        filters=(refused_filter(name),), metric=(alarm,), topics=(Topic(name=f"topic-{name}", confirmed=("email",)),)
    )


def filters(*patterns: str, **fields: Any) -> Change:
    def change(name: str, plant: Plant) -> Plant:
        made = (refused_filter(name, name=f"f{n}", pattern=text, **fields) for n, text in enumerate(patterns))
        return replace(plant, filters=tuple(made))

    return change


def group(**fields: Any) -> Change:
    return lambda _, plant: replace(plant, group=fields)


def alarm(**fields: Any) -> Change:
    return lambda _, plant: replace(plant, metric=tuple({**item, **fields} for item in plant.metric))


def topic(**fields: Any) -> Change:
    return lambda _, plant: replace(plant, topics=tuple(replace(item, **fields) for item in plant.topics))


def without(part: str) -> Change:
    gone: dict[str, Any] = {part: ()}
    return lambda _, plant: replace(plant, **gone)


def mute(end: str = "", **fields: Any) -> Change:
    def change(name: str, plant: Plant) -> Plant:
        return replace(plant, mutes=(MuteRule(name=f"mute-{name}", alarms=(f"refused-{name}{end}",), **fields),))

    return change


def composite(rule: str, **fields: Any) -> Change:
    """Move the action of the alarm to a composite alarm with *rule*, in which `{}` stands for the alarm."""

    def change(name: str, plant: Plant) -> Plant:
        (inner,) = plant.metric
        kept = {key: inner[key] for key in inner if key.startswith(("AlarmActions", "Actions", "State"))}
        outer = {**kept, "AlarmName": f"outer-{name}", "AlarmRule": rule.format(f'"refused-{name}"'), **fields}
        return replace(plant, metric=({**inner, "AlarmActions": []},), composite=(outer,))

    return change


def math(expression: str) -> Change:
    def change(name: str, plant: Plant) -> Plant:
        metric = {"Namespace": "EKS/Audit", "MetricName": f"Refused-{name}"}
        term = {"Id": "m1", "MetricStat": {"Metric": metric, "Period": 300, "Stat": "Sum"}, "ReturnData": False}
        terms = [term, {"Id": "e1", "Expression": expression, "ReturnData": True}]
        plain = dict.fromkeys(("Namespace", "MetricName", "Statistic", "Period", "Dimensions"))
        return alarm(**plain, Metrics=terms)(name, plant)

    return change


def band(comparison: str) -> Change:
    """Let the alarm watch a band of what is usual in place of a threshold."""

    def change(name: str, plant: Plant) -> Plant:
        metric = {"Namespace": "EKS/Audit", "MetricName": f"Refused-{name}"}
        terms = [
            {"Id": "m1", "MetricStat": {"Metric": metric, "Period": 300, "Stat": "Sum"}, "ReturnData": True},
            {"Id": "ad1", "Expression": "ANOMALY_DETECTION_BAND(m1, 2)", "ReturnData": True},
        ]
        plain = dict.fromkeys(("Namespace", "MetricName", "Statistic", "Period", "Dimensions", "Threshold"))
        return alarm(**plain, Metrics=terms, ThresholdMetricId="ad1", ComparisonOperator=comparison)(name, plant)

    return change


def by_query(query: str, group: str = "", **fields: Any) -> Change:
    """Put a log alarm on a scheduled query in place of filter and alarm."""

    def change(name: str, plant: Plant) -> Plant:
        arn = f"arn:aws:logs:{HOME}:{ACCOUNT_ID}:log-group:/aws/eks/{group or name}/cluster"
        (inner,) = plant.metric
        kept = {key: inner[key] for key in inner if key.startswith(("AlarmActions", "Actions", "State"))}
        scheduled = {
            "QueryString": query, "LogGroupIdentifiers": [arn], "AggregationExpression": "count(*)",
            "ScheduleConfiguration": {"ScheduleExpression": "rate(15 minutes)"},
        }  # fmt: skip
        made = {
            **kept, "AlarmName": f"query-{name}", "ComparisonOperator": "GreaterThanThreshold", "Threshold": 5.0,
            "QueryResultsToEvaluate": 1, "QueryResultsToAlarm": 1, "ScheduledQueryConfiguration": scheduled, **fields,
        }  # fmt: skip
        return replace(plant, filters=(), metric=(), log=(made,))

    return change


def many(name: str, plant: Plant) -> Plant:
    """Add filters and alarms that do nothing here: more than a page of each."""
    wrong = [refused_filter(name, name=f"a{n:03}", pattern="ERROR", metric=f"E{n}-{name}") for n in range(60)]
    alarms = [refused_alarm(NOW, name, AlarmName=f"a{n:03}-{name}", MetricName=f"E{n}-{name}") for n in range(120)]
    return replace(plant, filters=(*wrong, *plant.filters), metric=(*alarms, *plant.metric))


Case = tuple[str, tuple[Change, ...]]
QUOTED = '{ $.responseStatus.code = "403" || $.responseStatus.code = "401" }'
STAGE = '{ $.responseStatus.code = 40* && $.stage = "ResponseComplete" }'
REFUSED = "filter responseStatus.code in [401, 403]"
FAULTS: Mapping[str, Case] = {
    "no filter": ("ALM-01", (without("filters"),)),
    "403 alone": ("ALM-01", (filters("{ $.responseStatus.code = 403 }"),)),
    "401 alone": ("ALM-01", (filters("{ $.responseStatus.code = 401 }"),)),
    "a pattern for CloudTrail": ("ALM-01", (filters('{ $.errorCode = "AccessDenied*" }'),)),
    "a pattern that takes everything": ("ALM-01", (filters(""),)),
    "texts where numbers are": ("ALM-01", (filters(QUOTED),)),
    "a stage that no 401 has": ("ALM-01", (filters(STAGE),)),
    "a class without filters": ("ALM-01", (group(log_class="INFREQUENT_ACCESS"), without("filters"))),
    "a filter that writes 0": ("ALM-01", (filters(BOTH, value="0"),)),
    "no alarm": ("ALM-02", (without("metric"),)),
    "an alarm on a metric that nothing writes": ("ALM-02", (alarm(MetricName="Refused-old"),)),
    "an alarm in another namespace": ("ALM-02", (alarm(Namespace="eks/audit"),)),
    "direction": ("ALM-02", (alarm(ComparisonOperator="LessThanThreshold"),)),
    "direction of an expression": ("ALM-02", (math("100 - m1"),)),
    "an average": ("ALM-02", (alarm(Statistic="Average"),)),
    "a threshold that is always reached": ("ALM-02", (alarm(Threshold=0.0),)),
    "dimensions that nothing has": ("ALM-02", (alarm(Dimensions=[{"Name": "cluster", "Value": "x"}]),)),
    "stuck without data": ("ALM-02", (alarm(StateValue="INSUFFICIENT_DATA", StateTransitionedTimestamp=LATE),)),
    "silence breaches": ("ALM-02", (filters(BOTH, default=None), alarm(TreatMissingData="breaching"))),
    "the lower side of a band": ("ALM-02", (band("LessThanLowerThreshold"),)),
    "a log alarm on the group of another cluster": ("ALM-01", (by_query(REFUSED, group="other"),)),
    "a log alarm on something else": ("ALM-01", (by_query("filter verb = 'delete'"),)),
    "a log alarm in the other direction": ("ALM-01", (by_query(REFUSED, ComparisonOperator="LessThanThreshold"),)),
    "a log alarm without an action": ("ALM-03", (by_query(REFUSED, AlarmActions=[]),)),
    "no action": ("ALM-03", (alarm(AlarmActions=[]),)),
    "actions disabled": ("ALM-03", (alarm(ActionsEnabled=False),)),
    "the topic was deleted": ("ALM-03", (without("topics"),)),
    "never confirmed": ("ALM-03", (topic(confirmed=(), pending=("email",)),)),
    "a key that CloudWatch may not use": ("ALM-03", (topic(kms_key="alias/aws/sns"),)),
    "muted": ("ALM-03", (mute(),)),
    "a composite that needs another": ("ALM-03", (composite('ALARM({}) AND ALARM("other")'),)),
    "a composite whose actions are suppressed": (
        "ALM-03", (composite("ALARM({})", ActionsSuppressor="x", ActionsSuppressedBy="Alarm"),),
    ),
}  # fmt: skip
TRAPS: Mapping[str, tuple[Change, ...]] = {
    "nothing changed": (),
    "clauses swapped": (filters("{ $.responseStatus.code=403||$.responseStatus.code=401 }"),),
    "two filters": (filters("{ $.responseStatus.code = 403 }", "{ $.responseStatus.code = 401 }"),),
    "many others, page after page": (many,),
    "no default value, silence not breaching": (filters(BOTH, default=None),),
    "through a composite": (composite('ALARM({}) OR ALARM("other")'),),
    "through metric math": (math("m1 * 2"),),
    "above a band": (band("GreaterThanUpperThreshold"),),
    "a log alarm on a scheduled query": (by_query(REFUSED),),
    "a mute rule that is not in force": (mute(status="SCHEDULED"),),
    "a mute rule for another alarm": (mute("-2"),),
    "a new alarm without data yet": (
        alarm(StateValue="INSUFFICIENT_DATA", StateTransitionedTimestamp=NOW - timedelta(hours=2)),
    ),
    "one of two subscriptions waits": (topic(pending=("sms",)),),
}
INSTEAD: tuple[Change, ...] = (
    without("filters"),
    lambda _, plant: replace(plant, subscriptions=(Subscription(name="siem", destination="arn:aws:kinesis:x"),)),
)
WHAT: Mapping[str, str] = {f"c-{number}": what for number, what in enumerate([*FAULTS, *TRAPS, "instead"])}
"""What is planted for which cluster: `c-1` is a prefix of the names of ten others."""
NAMES: Mapping[str, str] = {what: name for name, what in WHAT.items()}


def changes_of(what: str) -> tuple[Change, ...]:
    if what in FAULTS:
        return FAULTS[what][1]
    return TRAPS.get(what, INSTEAD)


def planted(**region: Any) -> Account:
    plants: dict[str, Plant] = {}
    for name, what in WHAT.items():
        plant = sound(name)
        for change in changes_of(what):
            plant = change(name, plant)
        plants[name] = plant
    made = plants.values()
    home = Region(
        name=HOME,
        clusters=tuple(Cluster(name=name, created=LATE) for name in plants),
        log_groups=tuple(
            LogGroup(
                name=f"/aws/eks/{name}/cluster", created=LATE, metric_filters=plant.filters,
                subscriptions=plant.subscriptions, **plant.group,
            )
            for name, plant in plants.items()
        ),
        metric_alarms=tuple(alarm for plant in made for alarm in plant.metric),
        composite_alarms=tuple(alarm for plant in made for alarm in plant.composite),
        log_alarms=tuple(alarm for plant in made for alarm in plant.log),
        mute_rules=tuple(rule for plant in made for rule in plant.mutes),
        topics=tuple(topic for plant in made for topic in plant.topics),
        **region,
    )  # fmt: skip
    return Account(regions=(home,))


def read(which: Iterable[str] = NAMES) -> Collection:
    """Read what the checks of alarms need of *which* plants, over HTTP, as a run does."""
    aws = Aws(Settings(run_id="0123456789ab", attempts=1), FixedClock(NOW))
    region = Target(account=ACCOUNT_ID, region=HOME)
    kinds = (Alarms, AlarmMuteRules, GuardDuty)
    sections = {region: {kind.key: REGION_SECTIONS[kind.key](aws, region) for kind in kinds}}
    for name in (NAMES[what] for what in which):
        target = Target(account=ACCOUNT_ID, region=HOME, cluster=name)
        sections[target] = read_alarm_sections(aws, target)
    found = {
        target: Evidence(target=target, collected_at=NOW, sections=parts, sources=tuple(aws.sources.values()))
        for target, parts in sections.items()
    }
    return Collection(info=info(), evidence=found, answers=MappingProxyType(dict(aws.answers)))


Found = Mapping[str, Mapping[str, set[Status]]]


def statuses(findings: tuple[Finding, ...]) -> Found:
    """Return the statuses by what was planted and by check."""
    found: dict[str, dict[str, set[Status]]] = {what: {name: set() for name in CHECKS} for what in NAMES}
    for item in findings:
        found[WHAT[item.target.cluster]][item.check].add(item.status)
    return found


@pytest.fixture(scope="module")
def alarm_checks(loaded: Loaded) -> list[Any]:
    return [check for check in loaded.checks if check.id in CHECKS]


@pytest.fixture
def plants(emulator: Emulator) -> Iterator[Emulator]:
    emulator.load(planted(), NOW)
    yield emulator
    emulator.reset()


def test_every_planted_fault_is_found_and_every_trap_passes(plants: Emulator, alarm_checks: list[Any]) -> None:
    found = statuses(judge(read(), alarm_checks, Criteria()))

    assert len(FAULTS) >= 25
    assert len(TRAPS) >= 10
    for what, (check, _) in FAULTS.items():
        assert found[what][check] == {Status.FAIL}, what
        assert all(found[what][name] == {Status.PASS} for name in CHECKS[: CHECKS.index(check)]), what
    for what in TRAPS:
        assert found[what] == {name: {Status.PASS} for name in CHECKS}, what
    assert found["instead"]["ALM-01"] == {Status.REVIEW}


def test_guardduty_makes_every_fault_one_for_a_person(emulator: Emulator, alarm_checks: list[Any]) -> None:
    emulator.load(planted(guardduty={"EKS_AUDIT_LOGS": "ENABLED"}), NOW)
    found = statuses(judge(read(), alarm_checks, Criteria()))

    assert all(found[what][check] == {Status.REVIEW} for what, (check, _) in FAULTS.items())


ASKED = {
    "logs:DescribeLogGroups": set[str](),
    "logs:DescribeMetricFilters": {"ALM-01", "ALM-02", "ALM-03"},
    "logs:DescribeSubscriptionFilters": set[str](),
    "logs:TestMetricFilter": set[str](),
    "cloudwatch:DescribeAlarms": {"ALM-02", "ALM-03"},
    "cloudwatch:ListAlarmMuteRules": {"ALM-03"},
    "cloudwatch:GetAlarmMuteRule": {"ALM-03"},
    "sns:GetTopicAttributes": {"ALM-03"},
    "sns:ListSubscriptionsByTopic": set[str](),
    "guardduty:ListDetectors": set[str](),
}
"""What is asked, and the checks that cannot pass without the answer."""


@pytest.mark.parametrize("operation", ASKED)
def test_a_denied_permission_never_makes_a_fault_nor_hides_one(
    operation: str, plants: Emulator, alarm_checks: list[Any]
) -> None:
    plants.deny(OPERATIONS[operation].permission)
    turn = list(ASKED).index(operation) % 3
    # A third of the cases in turn keeps this quick, and those that the operation is about are in all of them.
    faults = {*list(FAULTS)[turn::3], "no filter", "no alarm", "muted", "a key that CloudWatch may not use"}
    traps = ["nothing changed", "through a composite"]
    findings = judge(read([*faults, *traps]), alarm_checks, Criteria())
    found = statuses(findings)

    for what in faults:
        check = FAULTS[what][0]
        assert found[what][check] <= {Status.FAIL, Status.NOT_ASSESSED}, what
        assert found[what][check], what
    for what in traps:
        expected = {name: {Status.NOT_ASSESSED if name in ASKED[operation] else Status.PASS} for name in CHECKS}
        assert found[what] == expected, what
    denied = {item.cause.permission for item in findings if item.cause is not None}
    assert denied <= {OPERATIONS[operation].permission, ""}


def test_where_aws_reads_a_pattern_otherwise_than_its_documentation_aws_is_right(
    emulator: Emulator, alarm_checks: list[Any]
) -> None:
    emulator.load(planted(filter_policy=msgspec.structs.replace(DEFAULT, quoted_number=True)), NOW)
    found = statuses(judge(read(), alarm_checks, Criteria()))

    assert found["texts where numbers are"]["ALM-01"] == {Status.PASS}


def test_made_up_events_alone_are_sent_and_no_address_is_kept(plants: Emulator) -> None:
    kept = b"".join(read().answers.values())
    sent = [call.parameters["logEventMessages"] for call in plants.calls if call.operation == "TestMetricFilter"]

    assert sent
    assert all(messages == sent[0] for messages in sent)
    assert len(sent[0]) <= 50
    assert not any(name in str(sent[0]) for name in NAMES.values())
    assert b"example.com" not in kept


def test_the_calls_are_as_declared(plants: Emulator) -> None:
    read()
    count = plants.actions.count
    standard = len(WHAT) - 1

    assert count("cloudwatch:DescribeAlarms") == 2
    assert count("logs:DescribeMetricFilters") == standard + 1
    assert count("logs:DescribeSubscriptionFilters") == standard
    assert count("sns:GetTopicAttributes") == count("sns:ListSubscriptionsByTopic") <= len(WHAT)
    assert count("cloudwatch:ListAlarmMuteRules") == count("guardduty:ListDetectors") == 1
