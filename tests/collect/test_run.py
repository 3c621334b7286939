"""Whole runs against the emulator: what is found, how often AWS is asked, and that runs repeat themselves."""

import re
from collections import Counter
from datetime import timedelta

import pytest

from eksaminer.collect.errors import SelectionError
from eksaminer.collect.operations import OPERATIONS
from eksaminer.collect.request import OutOfScope
from eksaminer.demo.account import (
    TRAIL_KEY,
    Region,
    clean_account,
    demo_account,
    large_account,
    with_cluster,
)
from eksaminer.demo.emulator import Emulator, pointed_at
from eksaminer.demo.model import Account, Cluster, LogGroup
from eksaminer.evidence.account import AccountRegions, ClusterList
from eksaminer.evidence.alarms import (
    AlarmMuteRules,
    Alarms,
    AlarmTopics,
    AuditLogSubscriptions,
    AuditMetricFilters,
    GuardDuty,
)
from eksaminer.evidence.cloudtrail import Trails
from eksaminer.evidence.cluster import Cluster as ClusterSection
from eksaminer.evidence.cluster import ControlPlaneLogging
from eksaminer.evidence.copies import LogCopies
from eksaminer.evidence.iam import IamRoles, OidcProviders, PodIdentityAssociations, RolePolicies
from eksaminer.evidence.log_group import (
    AuditLogGroup,
    AuditLogKey,
    AuditLogStreams,
    RetentionPolicies,
)
from eksaminer.evidence.model import Section, Target
from eksaminer.evidence.queries import SavedQueries, ScheduledQueries
from eksaminer.evidence.sections import SECTIONS
from eksaminer.evidence.trail_insights import EventDataStores, EventRules
from eksaminer.gap import Gap

from .collecting import ACCOUNT, NOW, RUN, Notes, cluster, collected, everything, gaps, region, section


def test_every_target_of_the_account_has_every_section_of_its_scope(emulator: Emulator) -> None:
    emulator.load(demo_account(NOW))

    collection = collected()

    assert [target.label for target in collection.targets] == [
        ACCOUNT,
        f"{ACCOUNT}/eu-central-1",
        f"{ACCOUNT}/eu-central-1/prod-good",
        f"{ACCOUNT}/eu-central-1/team-neglected",
        f"{ACCOUNT}/eu-west-1",
        f"{ACCOUNT}/us-east-1",
        f"{ACCOUNT}/us-east-1/prod-attacked",
        f"{ACCOUNT}/us-west-2",
    ]
    for target, evidence in collection.evidence.items():
        assert set(evidence.sections) == {key for key, kind in SECTIONS.items() if kind.scope is target.scope}


def test_says_who_collected_when_and_how(emulator: Emulator) -> None:
    info = collected(options=(("--region", "eu-central-1"),)).info

    assert info.identity.account == ACCOUNT
    assert info.identity.arn == emulator.world.account.caller
    assert info.identity.partition == "aws"
    assert (info.id, info.started, info.finished) == (RUN, NOW, NOW)
    assert info.events.since == NOW - timedelta(hours=24)
    assert info.configuration.since == NOW - timedelta(days=90)
    assert info.options == {"--region": "eu-central-1"}
    assert sum(item.count for item in info.calls) == len(emulator.calls)
    assert not info.interrupted


def test_every_request_names_the_program_and_the_run(emulator: Emulator) -> None:
    collected()

    assert all(re.search(rf"eksaminer/\S+ run/{RUN}", call.user_agent) for call in emulator.calls)


def test_reads_logging_as_the_union_of_all_entries(emulator: Emulator) -> None:
    emulator.load(demo_account(NOW))

    collection = collected()

    logging = section(collection, cluster("prod-attacked", "us-east-1"), ControlPlaneLogging)
    assert logging.enabled == {"audit", "authenticator"}


def test_two_runs_over_the_same_account_are_equal_to_the_last_byte(emulator: Emulator) -> None:
    emulator.load(demo_account(NOW))
    first = collected()

    second = collected()

    assert first == second


def test_every_section_is_read_from_sources_whose_answers_are_stored(emulator: Emulator) -> None:
    collection = collected()

    for evidence in collection.evidence.values():
        known = {source.id for source in evidence.sources}
        for part in evidence.sections.values():
            assert set(part.sources) <= known
        assert all(source.id in collection.answers for source in evidence.sources)


def test_pages_of_one_item_give_the_same_evidence(emulator: Emulator) -> None:
    emulator.load(demo_account(NOW))
    whole = everything(collected())

    emulator.page_size = 1
    paged = everything(collected())

    for key, facts in paged.items():
        if key.endswith(AuditLogStreams.key):
            assert facts.pop("searched_since") != whole[key].pop("searched_since") or "neglected" in key
    assert paged == whole


def test_calls_only_what_is_on_the_list(emulator: Emulator) -> None:
    emulator.load(demo_account(NOW))

    collected()

    assert set(emulator.actions) <= {operation.permission for operation in OPERATIONS.values()}


def test_no_call_is_made_twice(emulator: Emulator) -> None:
    emulator.load(demo_account(NOW))

    collected()

    made = Counter((call.action, call.region, call.parameter_text) for call in emulator.calls)
    assert {call: count for call, count in made.items() if count > 1} == {}


FORMULAS = [
    pytest.param(AccountRegions, {"ec2:DescribeRegions"}, id="regions"),
    pytest.param(ClusterList, {"eks:ListClusters"}, id="clusters of a region"),
    pytest.param(RetentionPolicies, {"logs:DescribeAccountPolicies"}, id="retention policies"),
    pytest.param(Trails, set(Trails.permissions), id="trails"),
    pytest.param(ClusterSection, {"eks:DescribeCluster"}, id="cluster"),
    pytest.param(ControlPlaneLogging, set[str](), id="logging, from the answer about the cluster"),
    pytest.param(AuditLogGroup, {"logs:DescribeLogGroups"}, id="log group"),
    pytest.param(AuditLogStreams, {"logs:DescribeLogStreams"}, id="log streams"),
    pytest.param(AuditLogKey, {"kms:DescribeKey"}, id="key"),
    pytest.param(IamRoles, set(IamRoles.permissions), id="roles"),
    pytest.param(RolePolicies, set(RolePolicies.permissions), id="what the roles are allowed to do"),
    pytest.param(OidcProviders, set(OidcProviders.permissions), id="identity providers"),
    pytest.param(PodIdentityAssociations, set(PodIdentityAssociations.permissions), id="Pod Identity"),
    pytest.param(AuditMetricFilters, set(AuditMetricFilters.permissions), id="metric filters"),
    pytest.param(AuditLogSubscriptions, set(AuditLogSubscriptions.permissions), id="subscription filters"),
    pytest.param(Alarms, set(Alarms.permissions), id="alarms"),
    pytest.param(AlarmMuteRules, set(AlarmMuteRules.permissions), id="mute rules"),
    pytest.param(AlarmTopics, set(AlarmTopics.permissions), id="topics"),
    pytest.param(EventRules, {"events:ListRules"}, id="rules of EventBridge"),
    pytest.param(EventDataStores, {"cloudtrail:ListEventDataStores"}, id="event data stores"),
    pytest.param(GuardDuty, set(GuardDuty.permissions), id="GuardDuty"),
]


ALARM_SECTIONS = (
    AuditMetricFilters,
    AuditLogSubscriptions,
    Alarms,
    AlarmMuteRules,
    AlarmTopics,
    GuardDuty,
    SavedQueries,
    ScheduledQueries,
    LogCopies,
)
"""Beyond the budget, which is that of the checks of logging and trails."""


@pytest.fixture(scope="module")
def calls_for_twenty(running: Emulator) -> Counter[str]:
    """The calls of a run over 20 clusters in 2 regions with a key each, 1 trail and 200 roles, without filters."""
    running.load(large_account(NOW))
    with pointed_at(running.url, "eu-central-1"):
        collected()
    # The key of the trail is one of the trail's storage; the formula of that counts it.
    return Counter(call.action for call in running.calls if TRAIL_KEY not in call.parameter_text)


@pytest.mark.parametrize(("kind", "actions"), FORMULAS)
def test_a_section_takes_as_many_calls_as_its_formula_says(
    kind: type[Section], actions: set[str], calls_for_twenty: Counter[str]
) -> None:
    formula = kind.calls

    assert sum(calls_for_twenty[action] for action in actions) == (
        formula.per_account
        + formula.per_region * 2
        + formula.per_cluster * 20
        + formula.per_trail * 1
        + formula.per_key * 2
        + formula.per_provider * 20
    )


def test_twenty_clusters_in_two_regions_take_at_most_120_calls(calls_for_twenty: Counter[str]) -> None:
    beside = {name for kind in ALARM_SECTIONS for name in kind.permissions} | {"eks:ListUpdates"}
    assert sum(count for action, count in calls_for_twenty.items() if action not in beside) <= 120


def test_a_trail_of_many_regions_is_read_once_in_its_home_region(emulator: Emulator) -> None:
    emulator.load(demo_account(NOW))

    collection = collected()

    asked = [(call.action, call.region) for call in emulator.calls if call.action == "cloudtrail:GetTrailStatus"]
    assert sorted(asked) == [
        ("cloudtrail:GetTrailStatus", "eu-central-1"),
        ("cloudtrail:GetTrailStatus", "us-east-1"),
    ]
    quiet = section(collection, region("us-west-2"), Trails)
    assert [trail.home_region for trail in quiet.trails] == ["eu-central-1"]


def test_the_log_group_of_a_cluster_is_found_by_its_whole_name(emulator: Emulator) -> None:
    account = with_cluster(
        clean_account(NOW),
        "eu-central-1",
        Cluster(name="prod", created=NOW),
        LogGroup(name="/aws/eks/prod/cluster", created=NOW, retention_days=7),
    )
    account = with_cluster(
        account,
        "eu-central-1",
        Cluster(name="prod-2", created=NOW),
        LogGroup(name="/aws/eks/prod-2/cluster", created=NOW, retention_days=14),
    )
    emulator.load(account)

    collection = collected(clusters=("prod", "prod-2"))

    assert section(collection, cluster("prod"), AuditLogGroup).retention_days == 7
    assert section(collection, cluster("prod-2"), AuditLogGroup).retention_days == 14


def test_an_empty_account_is_evidence_too(emulator: Emulator) -> None:
    emulator.load(Account(regions=(Region(name="eu-central-1"),)))

    collection = collected()

    assert [target.label for target in collection.targets] == [ACCOUNT, f"{ACCOUNT}/eu-central-1"]
    assert section(collection, region("eu-central-1"), ClusterList).names == ()
    assert section(collection, region("eu-central-1"), Trails).trails == ()


def test_only_the_asked_cluster_is_read_and_the_list_shows_the_others(emulator: Emulator) -> None:
    emulator.load(demo_account(NOW))

    collection = collected(clusters=("eu-central-1/prod-good",))

    assert [target.label for target in collection.targets] == [
        ACCOUNT,
        f"{ACCOUNT}/eu-central-1",
        f"{ACCOUNT}/eu-central-1/prod-good",
    ]
    listed = section(collection, region("eu-central-1"), ClusterList)
    assert (listed.names, listed.selected) == (("prod-good", "team-neglected"), ("prod-good",))


def test_a_region_that_is_not_enabled_is_a_usage_error(emulator: Emulator) -> None:
    emulator.load(demo_account(NOW))

    with pytest.raises(SelectionError, match="The region ap-northeast-1 is not enabled for this account") as raised:
        collected(regions=("ap-northeast-1",))

    assert raised.value.exit_code == 2
    assert "Enabled are: eu-central-1" in raised.value.do


def test_an_unknown_region_is_a_usage_error_with_a_suggestion(emulator: Emulator) -> None:
    with pytest.raises(SelectionError) as raised:
        collected(regions=("eu-centrl-1",))

    assert raised.value.diagnostics() == ("There is no region eu-centrl-1.", "Did you mean eu-central-1?")


def test_tells_the_user_who_reads_what_before_reading(emulator: Emulator) -> None:
    notes = Notes()

    collected(notes=notes)

    assert notes.notes[0] == (
        f"{emulator.world.account.caller}: account {ACCOUNT}, 1 region, 1 cluster; about 46 AWS calls, 1 minute."
    )
    assert notes.totals[-1] == len(notes.steps)


def test_a_cluster_that_is_being_created_has_no_settled_logging(emulator: Emulator) -> None:
    young = Cluster(name="young", created=NOW, status="CREATING", logging=None)
    emulator.load(with_cluster(clean_account(NOW), "eu-central-1", young))

    collection = collected()

    found = section(collection, cluster("young"), ControlPlaneLogging)
    assert isinstance(found, Gap)
    assert found.cause == "too_recent"


def test_a_cluster_whose_answer_has_no_logging_is_not_observable(emulator: Emulator) -> None:
    mute = Cluster(name="mute", created=NOW, logging=None)
    emulator.load(with_cluster(clean_account(NOW), "eu-central-1", mute))

    found = section(collected(), cluster("mute"), ControlPlaneLogging)

    assert isinstance(found, Gap)
    assert found.cause == "not_observable"


def test_a_cluster_that_vanishes_is_gone_and_changes_nothing_for_the_others(emulator: Emulator) -> None:
    emulator.load(demo_account(NOW))
    before = everything(collected())
    emulator.reset()
    emulator.vanish("team-neglected")

    after = everything(collected())

    changed = {key for key in before if before[key] != after[key]}
    assert changed
    assert all("team-neglected" in key for key in changed)
    assert {gap["cause"] for key in changed for gap in gaps(after[key])} == {"gone"}


def test_a_region_can_be_out_of_scope_with_its_reason(emulator: Emulator) -> None:
    emulator.load(demo_account(NOW))
    left_out = (OutOfScope(what="us-east-1", reason="sandbox"), OutOfScope(what="team-neglected", reason="retired"))

    collection = collected(out_of_scope=left_out)

    labels = [target.label for target in collection.targets]
    assert f"{ACCOUNT}/us-east-1" not in labels
    assert f"{ACCOUNT}/eu-central-1/team-neglected" not in labels
    assert [(item.target.label, item.reason) for item in collection.info.excluded] == [
        (f"{ACCOUNT}/us-east-1", "sandbox"),
        (f"{ACCOUNT}/eu-central-1/team-neglected", "retired"),
    ]


def test_the_target_of_a_region_carries_the_partition_of_the_identity(emulator: Emulator) -> None:
    collection = collected()

    assert Target(account=ACCOUNT, region="eu-central-1", partition="aws") in collection.evidence
