"""The corners of what AWS answers: pages, times, policies, keys, selectors, histories."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from eksaminer.demo.account import (
    TRAIL_KEY,
    Account,
    Cluster,
    ClusterUpdate,
    Key,
    LogGroup,
    RetentionPolicy,
    Stream,
    Trail,
    clean_account,
    logging_of,
    with_changed_cluster,
    with_changed_group,
    with_changed_region,
    with_changed_trail,
    with_cluster,
)
from eksaminer.demo.emulator import Emulator
from eksaminer.demo.model import LogSetup
from eksaminer.evidence.cloudtrail import Trails
from eksaminer.evidence.cluster import ControlPlaneLogging
from eksaminer.evidence.log_group import (
    AuditLogEnabledSince,
    AuditLogGroup,
    AuditLogKey,
    AuditLogStreams,
    RetentionPolicies,
)
from eksaminer.evidence.model import Section
from eksaminer.evidence.selectors import FieldSelector
from eksaminer.gap import Gap

from .collecting import NOW, cluster, collected, region, section

HOME = "eu-central-1"
GROUP = "/aws/eks/prod-good/cluster"


def of_cluster(kind: type[Section], name: str = "prod-good") -> Any:
    return section(collected(regions=(HOME,)), cluster(name), kind)


def of_region(kind: type[Section]) -> Any:
    return section(collected(regions=(HOME,)), region(HOME), kind)


def with_streams(*streams: Stream) -> Account:
    return with_changed_group(clean_account(NOW), GROUP, streams=streams)


def stream(kind: str, age: timedelta, number: int = 0) -> Stream:
    return Stream(name=f"{kind}-{number:032x}", last_event=NOW - age)


HOUR = timedelta(hours=1)

ORDERS = [
    pytest.param((LogSetup(("audit",), True), LogSetup(("api",), False)), {"audit"}, id="enabled first"),
    pytest.param((LogSetup(("api",), False), LogSetup(("audit",), True)), {"audit"}, id="disabled first"),
    pytest.param((LogSetup(("audit",), True), LogSetup(("api",), True)), {"audit", "api"}, id="two enabled entries"),
    pytest.param((LogSetup(("audit", "api"), False),), set[str](), id="all off"),
    pytest.param((), set[str](), id="an empty list"),
]


@pytest.mark.parametrize(("setups", "enabled"), ORDERS)
def test_enabled_types_are_the_union_in_any_order(
    setups: tuple[LogSetup, ...], enabled: set[str], emulator: Emulator
) -> None:
    emulator.load(with_changed_cluster(clean_account(NOW), "prod-good", logging=setups))

    assert of_cluster(ControlPlaneLogging).enabled == enabled


def test_streams_of_the_api_log_are_not_the_audit_log(emulator: Emulator) -> None:
    emulator.load(with_streams(stream("kube-apiserver", HOUR), stream("authenticator", HOUR)))

    found = of_cluster(AuditLogStreams)

    assert found.group_exists
    assert found.newest_audit_event is None
    assert found.searched_since is None


def test_the_newest_of_several_audit_streams_counts(emulator: Emulator) -> None:
    emulator.load(with_streams(stream("kube-apiserver-audit", 5 * HOUR), stream("kube-apiserver-audit", HOUR, 1)))

    assert of_cluster(AuditLogStreams).newest_audit_event == NOW - HOUR


def test_pages_are_read_until_an_audit_stream_is_found(emulator: Emulator) -> None:
    newer = [stream("kube-apiserver", timedelta(minutes=number), number) for number in range(60)]
    emulator.load(with_streams(*newer, stream("kube-apiserver-audit", 2 * HOUR)))

    found = of_cluster(AuditLogStreams)

    assert found.newest_audit_event == NOW - 2 * HOUR
    assert emulator.actions.count("logs:DescribeLogStreams") == 2


def test_streams_older_than_a_day_are_not_searched_for(emulator: Emulator) -> None:
    older = [stream("kube-apiserver", 25 * HOUR + timedelta(minutes=number), number) for number in range(50)]
    emulator.load(with_streams(*older, stream("kube-apiserver-audit", 90 * HOUR)))

    found = of_cluster(AuditLogStreams)

    assert found.newest_audit_event is None
    assert found.searched_since == NOW - 25 * HOUR - timedelta(minutes=49)
    assert emulator.actions.count("logs:DescribeLogStreams") == 1


def test_a_group_without_any_event_is_there(emulator: Emulator) -> None:
    emulator.load(with_streams())

    found = of_cluster(AuditLogStreams)

    assert (found.group_exists, found.newest_audit_event) == (True, None)


def test_a_group_that_is_not_there_is_said_once_and_asked_no_more(emulator: Emulator) -> None:
    emulator.load(with_changed_region(clean_account(NOW), HOME, log_groups=()))
    collection = collected()

    streams = section(collection, cluster("prod-good"), AuditLogStreams)
    assert streams.group_exists is False
    assert streams.group_arn == f"arn:aws:logs:{HOME}:111122223333:log-group:{GROUP}"
    for kind in (AuditLogGroup, AuditLogKey):
        assert section(collection, cluster("prod-good"), kind).cause == "prerequisite_failed"
    assert "logs:DescribeLogStreams" not in emulator.actions


def test_a_group_is_read_with_what_governs_it(emulator: Emulator) -> None:
    changes = {"retention_days": 30, "retention_policy": "company", "data_protection": "ACTIVATED", "kms_key": ""}
    emulator.load(with_changed_group(clean_account(NOW), GROUP, **changes))
    collection = collected()

    group = section(collection, cluster("prod-good"), AuditLogGroup)
    assert group.arn == f"arn:aws:logs:{HOME}:111122223333:log-group:{GROUP}"
    assert (group.retention_days, group.retention_policy, group.data_protection) == (30, "company", "ACTIVATED")
    assert (group.log_class, group.deletion_protection, group.kms_key) == ("STANDARD", True, "")
    key = section(collection, cluster("prod-good"), AuditLogKey)
    assert (key.arn, key.manager, key.state) == ("", "", "")
    asked = [call.parameter_text for call in emulator.calls if call.action == "kms:DescribeKey"]
    assert all(TRAIL_KEY in parameters for parameters in asked)


STATES = [
    pytest.param("Enabled", "Enabled", id="enabled"),
    pytest.param("Disabled", "Disabled", id="disabled"),
    pytest.param("PendingDeletion", "PendingDeletion", id="pending deletion"),
    pytest.param(None, "NotFound", id="deleted"),
]


@pytest.mark.parametrize(("state", "seen"), STATES)
def test_the_state_of_a_key_is_read(state: Any, seen: str, emulator: Emulator) -> None:
    account = clean_account(NOW)
    keys: tuple[Key, ...] = tuple(replace(key, state=state) for key in account.regions[0].keys) if state else ()
    emulator.load(with_changed_region(account, HOME, keys=keys))

    assert of_cluster(AuditLogKey).state == seen


def test_retention_policies_of_the_region_are_read(emulator: Emulator) -> None:
    policies = (
        RetentionPolicy(
            name="b", days=90, updated=NOW - HOUR, mode="RETROACTIVE", selection='LogGroupNamePrefix = "x"'
        ),
        RetentionPolicy(name="a", days=30, updated=NOW - 2 * HOUR),
    )
    emulator.load(with_changed_region(clean_account(NOW), HOME, retention_policies=policies))

    found = of_region(RetentionPolicies).policies

    assert [(item.name, item.days, item.retroactive, item.updated_at) for item in found] == [
        ("a", 30, False, NOW - 2 * HOUR),
        ("b", 90, True, NOW - HOUR),
    ]
    assert found[1].selection == 'LogGroupNamePrefix = "x"'


def test_a_region_that_does_not_know_retention_policies_cannot_have_any(emulator: Emulator) -> None:
    emulator.fail("logs:DescribeAccountPolicies", "InvalidParameterException")

    found = of_region(RetentionPolicies)

    assert isinstance(found, Gap)
    assert found.cause == "not_observable"


def test_a_policy_that_never_expires_has_no_days(emulator: Emulator) -> None:
    body = (
        b'{"accountPolicies":[{"policyName":"p","policyDocument":'
        b'"{\\"retentionInDays\\":\\"NEVER_EXPIRE\\"}","lastUpdatedTime":0}]}'
    )
    emulator.garble("logs:DescribeAccountPolicies", body)

    (policy,) = of_region(RetentionPolicies).policies

    assert policy.days is None
    assert isinstance(policy.retroactive, Gap)


def update(age: timedelta, value: str, **changes: str) -> ClusterUpdate:
    given = {"id": f"u{int(age.total_seconds())}", "type": "LoggingUpdate", "status": "Successful", **changes}
    return ClusterUpdate(created=NOW - age, params={"ClusterLogging": value}, **given)


ON = '{"clusterLogging":[{"types":["audit"],"enabled":true}]}'
OFF = '{"clusterLogging":[{"types":["audit"],"enabled":false}]}'
API = '{"clusterLogging":[{"types":["api"],"enabled":true}]}'

HISTORIES = [
    pytest.param((update(HOUR, ON),), NOW - HOUR, True, id="an hour ago"),
    pytest.param((update(2 * HOUR, ON),), NOW - 2 * HOUR, False, id="exactly two hours ago"),
    pytest.param((update(9 * HOUR, ON), update(HOUR, OFF)), NOW - 9 * HOUR, False, id="switching off does not count"),
    pytest.param((update(9 * HOUR, ON), update(HOUR, API)), NOW - 9 * HOUR, False, id="another type does not count"),
    pytest.param((update(HOUR, ON, status="Failed"),), None, False, id="a failed update does not count"),
    pytest.param((update(HOUR, ON, type="VersionUpdate"),), None, False, id="another kind of update does not count"),
    pytest.param((update(HOUR, ON), update(30 * HOUR, ON)), NOW - HOUR, True, id="the newest counts"),
    pytest.param((), None, False, id="no history, and an old cluster"),
]


@pytest.mark.parametrize(("updates", "since", "too_recent"), HISTORIES)
def test_when_the_audit_log_was_switched_on_is_read_where_no_event_is_fresh(
    updates: tuple[ClusterUpdate, ...], since: datetime | None, too_recent: bool, emulator: Emulator
) -> None:
    emulator.load(with_changed_cluster(with_streams(), "prod-good", updates=updates))

    found = of_cluster(AuditLogEnabledSince)

    assert (found.asked, found.since, found.too_recent is not None) == (True, since, too_recent)


def test_a_cluster_that_was_just_created_has_its_audit_log_since_then(emulator: Emulator) -> None:
    young = Cluster(name="young", created=NOW - timedelta(minutes=20), logging=logging_of("audit"))
    emulator.load(with_cluster(clean_account(NOW), HOME, young, LogGroup(name="/aws/eks/young/cluster", created=NOW)))

    found = of_cluster(AuditLogEnabledSince, "young")

    assert found.since == NOW - timedelta(minutes=20)
    assert found.too_recent.cause == "too_recent"
    assert "20 minutes" in found.too_recent.detail


def test_fresh_events_need_no_history(emulator: Emulator) -> None:
    found = of_cluster(AuditLogEnabledSince)

    assert not found.asked
    assert "eks:DescribeUpdate" not in emulator.actions


def test_the_status_of_a_trail_is_read_with_its_delivery(emulator: Emulator) -> None:
    changes = {"latest_delivery_error": "NoSuchBucket", "logging": False, "stopped": NOW - HOUR}
    emulator.load(with_changed_trail(clean_account(NOW), "security-trail", **changes))

    (trail,) = of_region(Trails).trails

    assert (trail.status.logging, trail.status.delivery_error, trail.status.stopped) == (
        False,
        "NoSuchBucket",
        NOW - HOUR,
    )
    assert trail.status.latest_delivery is not None


def test_a_trail_without_insights_has_none(emulator: Emulator) -> None:
    emulator.load(with_changed_trail(clean_account(NOW), "security-trail", insights={}))

    (trail,) = of_region(Trails).trails

    assert trail.insights.items == ()


def test_insights_without_categories_analyse_management_events(emulator: Emulator) -> None:
    emulator.garble("cloudtrail:GetInsightSelectors", b'{"InsightSelectors":[{"InsightType":"ApiCallRateInsight"}]}')

    (trail,) = of_region(Trails).trails

    assert [(item.type, item.categories) for item in trail.insights.items] == [("ApiCallRateInsight", ("Management",))]


def test_advanced_selectors_are_read_condition_by_condition(emulator: Emulator) -> None:
    advanced = {
        "Name": "writes",
        "FieldSelectors": [
            {"Field": "eventCategory", "Equals": ["Management"]},
            {"Field": "readOnly", "Equals": ["false"]},
            {"Field": "eventSource", "NotEquals": ["kms.amazonaws.com"], "NotStartsWith": ["rds"]},
        ],
    }
    emulator.load(with_changed_trail(clean_account(NOW), "security-trail", advanced_selectors=(advanced,)))

    (trail,) = of_region(Trails).trails

    (selector,) = trail.selectors.items
    assert (selector.name, selector.classic, selector.management) == ("writes", False, True)
    assert selector.fields == (
        FieldSelector(field="eventCategory", operator="Equals", values=("Management",)),
        FieldSelector(field="readOnly", operator="Equals", values=("false",)),
        FieldSelector(field="eventSource", operator="NotEquals", values=("kms.amazonaws.com",)),
        FieldSelector(field="eventSource", operator="NotStartsWith", values=("rds",)),
    )


def test_the_log_group_of_a_trail_is_named_without_its_star(emulator: Emulator) -> None:
    arn = f"arn:aws:logs:{HOME}:111122223333:log-group:trail:*"
    emulator.load(with_changed_trail(clean_account(NOW), "security-trail", log_group_arn=arn))

    (trail,) = of_region(Trails).trails

    assert trail.log_group == arn.removesuffix(":*")


def test_trails_come_in_the_order_of_their_arns(emulator: Emulator) -> None:
    trails = tuple(Trail(name=name, bucket="b") for name in ("zz", "aa", "mm"))
    emulator.load(with_changed_region(clean_account(NOW), HOME, trails=trails))

    assert [trail.name for trail in of_region(Trails).trails] == ["aa", "mm", "zz"]
