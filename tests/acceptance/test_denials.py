"""A missing permission never becomes a verdict: every operation is denied, one by one, and the whole program run."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from tests.acceptance.accounts import sound_account

from eksaminer.assessment import assess
from eksaminer.collect.clock import FixedClock
from eksaminer.collect.operations import OPERATIONS
from eksaminer.collect.request import CollectRequest
from eksaminer.collect.run import collect
from eksaminer.criteria import Criteria
from eksaminer.demo.account import demo_account, large_account
from eksaminer.demo.emulator import Emulator, pointed_at
from eksaminer.errors import EksaminerError
from eksaminer.findings import Assessment, Finding
from eksaminer.gap import Cause
from eksaminer.gate import Gate, decide
from eksaminer.outcome import Severity, Status
from eksaminer.registry import Loaded

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
REQUEST = CollectRequest(kubernetes="off", run_id="0123456789ab", attempts=2)
OUTRIGHT = frozenset({"sts:GetCallerIdentity", "sts:AssumeRole"})
"""Without an identity there is no run; a role is assumed only where one is named."""
SIGNING = frozenset(key for key, operation in OPERATIONS.items() if operation.tier == "signing")
"""Called with --sign-key alone, before and after all evidence is read: tests/cli/test_sign.py denies them."""
HARMLESS = frozenset(
    {
        "cloudtrail:ListPublicKeys",
        "cloudwatch:GetMetricData",
        "cloudwatch:GetAlarmMuteRule",
        "guardduty:ListCoverage",
        "logs:TestMetricFilter",
        "sns:ListSubscriptionsByTopic",
        "pricing:GetProducts",
        "logs:DescribeQueries",
        "logs:StopQuery",
        "eks:DescribeUpdate",
        "eks:DescribePodIdentityAssociation",
        "iam:GetRole",
        "s3:GetObject",
        "s3:ListObjectsV2",
        "iam:GetAccountAuthorizationDetails",
    }
)
"""Not called for a sound account, not by an audit, needed for an estimate or a severity alone, or asked beside another
one that says the same (AWS and its documentation, the counts of a topic and the list of its subscriptions)."""
ALARMS = frozenset(
    {
        "logs:DescribeMetricFilters",
        "logs:DescribeSubscriptionFilters",
        "cloudwatch:DescribeAlarms",
        "cloudwatch:ListAlarmMuteRules",
        "guardduty:ListDetectors",
        "guardduty:GetDetector",
    }
)
"""Beyond the budget, which is that of the checks of logging and trails."""
LEAD = "EKS-AWS-AUTH"
STRICT = Gate(fail_on=Severity.LOW, checks="all")


def audited(loaded: Loaded, request: CollectRequest = REQUEST) -> Assessment:
    collection = collect(request, loaded.rules, clock=FixedClock(NOW))
    return assess(collection, loaded.checks, Criteria(), packs=loaded.packs)


def missed(finding: Finding) -> bool:
    """Whether *finding* lacks something that gates."""
    return finding.cause is not None and finding.cause.cause.gates


def by_key(assessment: Assessment) -> dict[tuple[str, str, str, str], list[Finding]]:
    found: dict[tuple[str, str, str, str], list[Finding]] = {}
    for finding in assessment.findings:
        target = finding.target
        key = (finding.check, target.region, target.cluster, finding.aspect + finding.discriminator)
        found.setdefault(key, []).append(finding)
    return found


@pytest.fixture(scope="module")
def sound(running: Emulator, loaded: Loaded) -> Assessment:
    running.reset()
    running.load(sound_account(NOW), NOW)
    with pointed_at(running.url):
        return audited(loaded)


@pytest.fixture(scope="module")
def shown(running: Emulator, loaded: Loaded) -> tuple[Assessment, tuple[str, ...]]:
    """What the account of the demonstration gives, and what was called for it."""
    running.reset()
    running.load(demo_account(NOW), NOW)
    with pointed_at(running.url):
        return audited(loaded), running.actions


@pytest.fixture(scope="module")
def fewer(loaded: Loaded) -> Loaded:
    """All checks in Python, and of the rules those that feed them and one lead: what it reads, the others read."""
    rules = tuple(rule for rule in loaded.rules if rule.feeds or rule.id == LEAD)
    left_out = {rule.id for rule in loaded.rules} - {rule.id for rule in rules}
    return replace(loaded, rules=rules, checks=tuple(check for check in loaded.checks if check.id not in left_out))


def test_a_clean_account_passes_everything(sound: Assessment) -> None:
    rules = {check.id for check in sound.checks if check.rule_class}
    config = [item for item in sound.findings if item.check not in rules and not item.check.startswith("META-")]
    assert {item.status for item in config if item.cause is None} <= {Status.PASS, Status.NOT_APPLICABLE}
    assert not any(map(missed, sound.findings))
    assert Status.FAIL not in {item.status for item in sound.findings}
    assert decide(sound, STRICT).code == 0


@pytest.mark.parametrize("operation", sorted(set(OPERATIONS) - OUTRIGHT - SIGNING))
def test_a_denied_operation_changes_no_verdict_but_to_not_assessed(
    operation: str, emulator: Emulator, fewer: Loaded, sound: Assessment
) -> None:
    emulator.deny(OPERATIONS[operation].permission)

    denied = audited(fewer)

    before = {finding.id: finding.status for finding in sound.findings}
    for finding in denied.findings:
        if finding.status is Status.NOT_ASSESSED:
            assert finding.cause is not None
            if finding.cause.cause is Cause.DENIED:
                assert finding.cause.permission == OPERATIONS[operation].permission
        elif finding.id in before:
            assert before[finding.id] is finding.status
        else:
            assert operation == "ec2:DescribeRegions"
            assert finding.status in (Status.PASS, Status.NOT_APPLICABLE)
    incomplete = bool(denied.population.incomplete)
    unseen = any(map(missed, denied.findings))
    assert (incomplete or unseen) is (operation not in HARMLESS)
    if incomplete or unseen:
        assert decide(denied, STRICT).code == 3
        assert OPERATIONS[operation].permission in {gap.permission for gap in denied.coverage.gaps}


def test_without_an_identity_there_is_no_report(emulator: Emulator, loaded: Loaded) -> None:
    emulator.expire()

    with pytest.raises(EksaminerError):
        audited(loaded)


def test_one_denied_cluster_changes_nothing_for_the_others(
    shown: tuple[Assessment, tuple[str, ...]], emulator: Emulator, loaded: Loaded
) -> None:
    whole = {item.id: (item.status, item.text) for item in shown[0].findings}
    emulator.load(demo_account(NOW), NOW)
    emulator.deny("eks:DescribeCluster", matching="team-neglected")

    partial = audited(loaded)

    others = [item for item in partial.findings if item.target.cluster != "team-neglected" and item.target.region]
    assert others
    assert all(whole[item.id] == (item.status, item.text) for item in others)
    of_account = [item for item in partial.findings if not item.target.region]
    assert all(item.status is Status.NOT_ASSESSED or item.status is whole[item.id][0] for item in of_account)
    denied = [item for item in partial.findings if item.target.cluster == "team-neglected"]
    silent = (Status.NOT_ASSESSED, Status.NOT_APPLICABLE)
    assert all(item.status in silent or whole[item.id] == (item.status, item.text) for item in denied)
    assert {item.check for item in denied if item.status is Status.NOT_ASSESSED} >= {"LOG-01", "LOG-02"}


def test_nothing_outside_the_allow_list_is_called(shown: tuple[Assessment, tuple[str, ...]]) -> None:
    _, called = shown

    permitted = {operation.permission for operation in OPERATIONS.values()}
    assert set(called) <= permitted
    assert called


def test_the_same_account_gives_the_same_assessment(
    shown: tuple[Assessment, tuple[str, ...]], emulator: Emulator, loaded: Loaded
) -> None:
    first, _ = shown
    emulator.load(demo_account(NOW), NOW)

    assert audited(loaded) == first


def test_a_large_account_stays_within_the_budget_of_calls(emulator: Emulator, loaded: Loaded) -> None:

    emulator.reset()
    emulator.load(large_account(NOW, clusters=20, roles=200), NOW)

    collect(
        CollectRequest(kubernetes="off", live_logs=False, regions=("eu-central-1", "us-east-1")),
        loaded.rules,
        clock=FixedClock(NOW),
    )

    identities = [action for action in emulator.actions if action.startswith("iam:") or "PodIdentity" in action]
    alarms = [action for action in emulator.actions if action in ALARMS | {"eks:ListUpdates"}]
    assert len(emulator.calls) - len(identities) - len(alarms) <= 120
    assert len(identities) == 3 + 20 + 20  # three lists, each provider, the associations of each cluster
