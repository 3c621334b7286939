"""What one missing permission, or one broken region, takes away, and that it takes away nothing else."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from eksaminer.collect.clock import FixedClock
from eksaminer.collect.errors import CredentialsError, UnreachableError
from eksaminer.collect.operations import OPERATIONS
from eksaminer.collect.request import CollectRequest
from eksaminer.collect.run import collect
from eksaminer.demo.account import (
    Account,
    ClusterUpdate,
    EventStore,
    audit_streams,
    demo_account,
    logging_of,
    with_changed_cluster,
    with_changed_group,
    with_changed_region,
)
from eksaminer.demo.emulator import Emulator, demo_environment, pointed_at
from eksaminer.detection import Rule
from eksaminer.evidence.cloudtrail import Trails
from eksaminer.evidence.cluster import Cluster
from eksaminer.evidence.log_group import AuditLogEnabledSince, AuditLogStreams
from eksaminer.evidence.trail_insights import EventDataStores
from eksaminer.registry import load_checks

from .collecting import ACCOUNT, NOW, cluster, collected, everything, gaps, region, section

IMPLICIT = {"sts:GetCallerIdentity", "sts:AssumeRole", "iam:GetRole"}
"""Without the first no run begins; the second is called only for a role, the third not by a run."""
LOGS = {"logs:StartQuery", "logs:GetQueryResults"}
LIVE = ("audit_log_scan", "cloudtrail_scan", "cloudtrail_events", "insight_events", "workload_calls")
"""Sections that are not read without live logs."""
HARMLESS = {"logs:StopQuery"}
"""Their lack costs no evidence: the volume is then found out by the query itself, which is stopped in time."""


def stale_account() -> Account:
    """The demonstration's account, with a cluster whose audit log is on and no longer arrives."""
    update = ClusterUpdate(
        id="update-1",
        type="LoggingUpdate",
        created=NOW - timedelta(days=3),
        params={"ClusterLogging": '{"clusterLogging":[{"types":["audit"],"enabled":true}]}'},
    )
    demo = demo_account(NOW)
    small = replace(demo, regions=tuple(item for item in demo.regions if item.name != "eu-west-1"))
    lake = EventStore(name="lake", created=NOW - timedelta(days=60))
    stored = with_changed_region(small, "eu-central-1", event_stores=(lake,))
    # A query that is not understood leaves a gap of its own.
    stored = with_changed_region(stored, "us-east-1", saved_queries=())
    return with_changed_cluster(stored, "team-neglected", logging=logging_of("api", "audit"), updates=(update,))


@pytest.fixture(scope="module")
def rules() -> tuple[Rule, ...]:
    return tuple(rule for rule in load_checks().rules if rule.guide)[:1]


@pytest.fixture(scope="module")
def allowed(running: Emulator, rules: tuple[Rule, ...]) -> dict[str, Any]:
    """What is seen with all permissions."""
    running.load(stale_account())
    with pointed_at(running.url, "eu-central-1"):
        return everything(collected(rules))


@pytest.fixture
def stale(emulator: Emulator) -> Emulator:
    emulator.load(stale_account())
    return emulator


LOOKUPS = {key for key, operation in OPERATIONS.items() if operation.tier == "files"} | {
    "cloudtrail:LookupEvents",
    "cloudtrail:ListInsightsData",
}
"""Not called without live logs, or without files in S3: denied one by one in the tests of acceptance."""
SIGNING = {key for key, operation in OPERATIONS.items() if operation.tier == "signing"}
"""Called with --sign-key alone, for no evidence."""
CONFIGURATION = sorted(set(OPERATIONS) - IMPLICIT - LOGS - HARMLESS - LOOKUPS - SIGNING)


@pytest.mark.parametrize("operation", CONFIGURATION)
def test_a_denied_operation_leaves_gaps_that_name_it_and_changes_nothing_else(
    operation: str, stale: Emulator, allowed: dict[str, Any]
) -> None:
    permission = OPERATIONS[operation].permission
    stale.deny(permission)

    seen = everything(collected())

    changed = {key for key in allowed if seen.get(key) != allowed[key] and "audit_log_scan" not in key}
    met = [gap for key in changed if key in seen for gap in gaps(seen[key])]
    named = [gap for gap in met if gap["permission"] == permission]
    assert named
    assert {gap["cause"] for gap in named} == {"denied"}
    for key in changed & set(seen):
        assert gaps(seen[key]) or derived(key, operation), key


def derived(key: str, operation: str) -> bool:
    """Parts that say less, honestly, where another section is missing."""
    asked_less = key.endswith(AuditLogEnabledSince.key) and operation in {
        "eks:DescribeCluster",
        "logs:DescribeLogStreams",
    }
    return asked_less or (operation == "eks:ListClusters" and key.endswith("account_regions"))


@pytest.mark.parametrize("operation", sorted(LOGS))
def test_a_denied_query_leaves_the_scan_as_a_gap_that_names_it(
    operation: str, stale: Emulator, allowed: dict[str, Any], rules: tuple[Rule, ...]
) -> None:
    stale.deny(operation)

    seen = everything(collected(rules))

    changed = {key: facts for key, facts in seen.items() if facts != allowed[key]}
    assert changed
    assert {(gap["cause"], gap["permission"]) for facts in changed.values() for gap in gaps(facts)} == {
        ("denied", operation)
    }
    assert all(key.endswith("audit_log_scan") for key in changed)


@pytest.mark.parametrize("operation", sorted(HARMLESS))
def test_an_operation_that_only_saves_money_changes_no_evidence(
    operation: str, stale: Emulator, allowed: dict[str, Any], rules: tuple[Rule, ...]
) -> None:
    stale.deny(operation)

    assert everything(collected(rules)) == allowed


def test_one_denied_cluster_changes_nothing_for_the_others(stale: Emulator, allowed: dict[str, Any]) -> None:
    stale.deny("eks:DescribeCluster", matching='"name":"prod-good"')

    seen = everything(collected())

    changed = {key for key in allowed if seen[key] != allowed[key] and key.split()[1] not in LIVE}
    assert changed
    assert all("/prod-good " in key for key in changed)


def test_a_denied_region_changes_nothing_in_the_others(stale: Emulator, allowed: dict[str, Any]) -> None:
    stale.deny("*", region="us-east-1", because="service control policy")

    seen = everything(collected())

    elsewhere = [key for key in allowed if "us-east-1" not in key]
    # What tells of several regions, or is not read without live logs.
    others = (Trails.key, EventDataStores.key, *LIVE)
    for key in elsewhere:
        if key.endswith(others):
            continue
        assert seen[key] == allowed[key]
    assert f"{ACCOUNT}/us-east-1/prod-attacked cluster" not in seen
    (gap,) = gaps(seen[f"{ACCOUNT}/us-east-1 cluster_list"])
    assert "service control policy" in gap["detail"]


def test_a_named_cluster_is_read_where_clusters_may_not_be_listed(stale: Emulator, allowed: dict[str, Any]) -> None:
    stale.deny("eks:ListClusters")

    seen = everything(collected(clusters=("us-east-1/prod-attacked",)))

    key = f"{ACCOUNT}/us-east-1/prod-attacked {Cluster.key}"
    assert seen[key] == allowed[key]


def test_the_streams_are_asked_where_the_groups_may_not_be_listed(stale: Emulator, allowed: dict[str, Any]) -> None:
    stale.deny("logs:DescribeLogGroups")

    seen = everything(collected())

    key = f"{ACCOUNT}/eu-central-1/prod-good {AuditLogStreams.key}"
    assert seen[key] == allowed[key]


def test_regions_that_are_off_are_left_out_where_they_cannot_be_listed(
    stale: Emulator, allowed: dict[str, Any]
) -> None:
    stale.deny("ec2:DescribeRegions")

    seen = everything(collected())

    assert set(seen) == set(allowed)
    assert seen[f"{ACCOUNT} account_regions"]["enabled"]["permission"] == "ec2:DescribeRegions"


def test_a_region_that_knows_no_credentials_is_unreachable_when_it_was_asked_for(stale: Emulator) -> None:
    stale.disable_region("us-east-1")

    seen = everything(collected(regions=("eu-central-1", "us-east-1")))

    (gap,) = gaps(seen[f"{ACCOUNT}/us-east-1 cluster_list"])
    assert gap["cause"] == "unreachable"
    assert "not enabled for this account" in gap["detail"]
    assert not gaps(seen[f"{ACCOUNT}/eu-central-1 cluster_list"])


def test_throttling_that_ends_costs_nothing(stale: Emulator, allowed: dict[str, Any]) -> None:
    stale.throttle("eks:DescribeCluster", times=2)

    seen = everything(collected(attempts=5))

    assert {key: facts for key, facts in seen.items() if key.split()[1] not in LIVE} == {
        key: facts for key, facts in allowed.items() if key.split()[1] not in LIVE
    }


def test_throttling_that_does_not_end_is_a_gap_of_that_part_alone(stale: Emulator) -> None:
    stale.throttle("kms:DescribeKey")

    seen = everything(collected(attempts=2))

    met = {gap["cause"] for key, facts in seen.items() if "scan" not in key for gap in gaps(facts)}
    assert met == {"throttled", "not_requested"}


def test_credentials_that_expire_during_the_run_leave_gaps_that_name_the_login(stale: Emulator) -> None:
    stale.expire(after=8)

    seen = everything(collected(attempts=1))

    expired = [gap for facts in seen.values() for gap in gaps(facts) if gap["cause"] == "expired"]
    assert expired
    assert all("aws sso login" in gap["detail"] for gap in expired)


def test_credentials_that_are_expired_from_the_start_end_the_run(stale: Emulator) -> None:
    stale.expire()

    with pytest.raises(CredentialsError, match="The credentials have expired"):
        collected()


def test_a_cut_connection_is_a_gap_of_that_region_alone(stale: Emulator) -> None:
    stale.drop("cloudtrail:DescribeTrails", region="us-west-2")

    seen = everything(collected(attempts=1))

    met = {key: gap["cause"] for key, facts in seen.items() if "scan" not in key for gap in gaps(facts)}
    assert {key for key, cause in met.items() if cause != "not_requested"} == {
        f"{ACCOUNT}/us-west-2 {section}" for section in ("trails", "trail_storage")
    }


def test_an_answer_that_never_comes_is_a_timeout(stale: Emulator) -> None:
    stale.hang("cloudtrail:DescribeTrails", region="us-west-2")

    seen = everything(collected(attempts=1, answer_timeout=0.5))

    (gap,) = gaps(seen[f"{ACCOUNT}/us-west-2 trails"])
    assert gap["cause"] == "timeout"


NONSENSE = [
    *(pytest.param(operation, b"{}", id=f"an empty object for {operation}") for operation in CONFIGURATION),
    pytest.param("cloudtrail:DescribeTrails", b"<html>no", id="a page of a proxy"),
]


@pytest.mark.parametrize(("operation", "body"), NONSENSE)
def test_an_answer_that_is_nonsense_is_never_taken_for_an_empty_one(
    operation: str, body: bytes, stale: Emulator, allowed: dict[str, Any]
) -> None:
    stale.garble(OPERATIONS[operation].permission, body)

    seen = everything(collected(attempts=1))

    changed = {key for key in allowed if seen.get(key) != allowed[key] and "audit_log_scan" not in key}
    assert changed
    for key in changed & set(seen):
        assert gaps(seen[key]) or derived(key, operation), (key, seen[key])


@pytest.mark.parametrize("body", [b"[]", b"null", b"7", b'{"logGroups":7,"MetricAlarms":7,"trailList":7}'])
@pytest.mark.parametrize(
    "operation", ["logs:DescribeLogGroups", "cloudwatch:DescribeAlarms", "cloudtrail:DescribeTrails"]
)
def test_whoever_shares_an_answer_that_is_not_of_aws_says_so(operation: str, body: bytes, stale: Emulator) -> None:
    stale.garble(operation, body)

    seen = everything(collected(attempts=1))

    told = [gap for found in seen.values() for gap in gaps(found) if operation in gap["detail"]]
    assert len(told) > 1
    assert {gap["cause"] for gap in told} == {"unreachable"}
    assert all(gap["detail"].startswith(f"What answered {operation}") for gap in told)
    assert not any("CancelledError" in gap["detail"] for found in seen.values() for gap in gaps(found))


def test_an_endpoint_that_is_not_there_ends_the_run(stale: Emulator) -> None:
    with pointed_at("http://127.0.0.1:9", "eu-central-1"), pytest.raises(UnreachableError) as raised:
        collected(attempts=1)

    assert "could not be reached" in raised.value.what


def test_no_credentials_end_the_run(stale: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in demo_environment("http://127.0.0.1:9"):
        if "KEY" in name or "TOKEN" in name:
            monkeypatch.delenv(name)

    with pytest.raises(CredentialsError) as raised:
        collected()

    assert raised.value.diagnostics() == (
        "There are no AWS credentials.",
        "Name a profile with --profile, or sign in (`aws configure`, `aws sso login`).",
    )


SSO = """
[profile audit]
sso_session = company
sso_account_id = 111122223333
sso_role_name = Audit
region = eu-central-1

[sso-session company]
sso_region = eu-central-1
sso_start_url = https://example.awsapps.com/start
"""


def test_an_sso_session_that_is_not_there_names_profile_and_login(
    stale: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    (tmp_path / "config").write_text(SSO)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)

    with pytest.raises(CredentialsError, match="aws sso login --profile audit"):
        collected(profile="audit")
    monkeypatch.setenv("AWS_PROFILE", "audit")
    with pytest.raises(CredentialsError, match="aws sso login --profile audit"):
        collected()


def test_a_deadline_that_has_passed_leaves_timeouts_instead_of_waiting(stale: Emulator) -> None:
    class Late(FixedClock):
        """Each look at it costs a second."""

        seconds = 0.0

        def monotonic(self) -> float:
            self.seconds += 1
            return self.seconds

    request = CollectRequest(kubernetes="off", live_logs=False, deadline=timedelta(seconds=30))
    found = everything(collect(request, (), clock=Late(NOW)))

    met = {gap["cause"] for facts in found.values() for gap in gaps(facts)}
    assert "timeout" in met
    assert met <= {"timeout", "not_requested"}


def test_a_group_that_was_deleted_between_list_and_streams_does_not_exist(stale: Emulator) -> None:
    stale.fail("logs:DescribeLogStreams", "ResourceNotFoundException", matching="prod-good")

    streams = section(collected(), cluster("prod-good"), AuditLogStreams)

    assert not streams.group_exists


def test_a_trail_of_another_account_that_only_its_owner_can_read_is_not_part_of_the_run(emulator: Emulator) -> None:
    account = demo_account(NOW)
    regions = tuple(
        replace(item, trails=tuple(replace(trail, owner="999988887777", organization=True) for trail in item.trails))
        for item in account.regions
    )
    emulator.load(replace(account, regions=regions))
    emulator.fail("cloudtrail:GetEventSelectors", "TrailNotFoundException", region="eu-central-1")
    emulator.deny("cloudtrail:GetInsightSelectors", region="eu-central-1")

    (trail,) = section(collected(), region("eu-central-1"), Trails).trails

    assert trail.account == "999988887777"
    assert trail.selectors.cause == "not_selected"
    assert "999988887777" in trail.selectors.detail
    assert (trail.insights.cause, trail.insights.permission) == ("denied", "cloudtrail:GetInsightSelectors")


def test_events_that_arrive_again_need_no_history_of_updates(emulator: Emulator) -> None:
    account = with_changed_group(
        stale_account(), "/aws/eks/team-neglected/cluster", streams=audit_streams([], "team-neglected")
    )
    emulator.load(account)

    found = section(collected(), cluster("team-neglected"), AuditLogEnabledSince)

    assert found.asked
    assert found.since == NOW - timedelta(days=3)
    assert found.too_recent is None
