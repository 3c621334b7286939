"""Planted faults of trails and Insights, and traps: over HTTP, from collection to verdict."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.acceptance.test_denials import REQUEST

from eksaminer.assess import judge
from eksaminer.collect.clock import FixedClock
from eksaminer.collect.operations import OPERATIONS
from eksaminer.collect.run import collect
from eksaminer.criteria import Criteria
from eksaminer.demo.account import (
    Account,
    Bucket,
    EventSelector,
    EventStore,
    InsightEvent,
    Trail,
    clean_account,
    with_changed_region,
    with_changed_trail,
)
from eksaminer.demo.emulator import Emulator
from eksaminer.registry import Loaded

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
HOME, TRAIL, BUCKET = "eu-central-1", "security-trail", "example-cloudtrail-logs"
CHECKS = ("CT-01", "CT-02", "CT-03", "CT-04", "INS-01", "INS-02", "INS-03")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
Plant = Callable[[Account], Account]
BOTH = ("ApiCallRateInsight", "ApiErrorRateInsight")


def trail(**changes: Any) -> Plant:
    return lambda account: with_changed_trail(account, TRAIL, **changes)


def home(**changes: Any) -> Plant:
    return lambda account: with_changed_region(account, HOME, **changes)


def beside(**fields: Any) -> Plant:
    """Add a trail to the sound one."""

    def plant(account: Account) -> Account:
        key = account.regions[0].trails[0].kms_key
        other = Trail(
            name="other", bucket=BUCKET, started=NOW - 9 * DAY, kms_key=key, latest_delivery=NOW - HOUR,
            latest_digest=NOW - HOUR,
        )  # fmt: skip
        other = replace(other, **fields)
        return with_changed_region(account, HOME, trails=(*account.regions[0].trails, other))

    return plant


def bucket(**fields: Any) -> Plant:
    return lambda account: replace(account, buckets=(Bucket(name=BUCKET, **fields),))


def selecting(*fields: dict[str, Any]) -> Plant:
    category = {"Field": "eventCategory", "Equals": ["Management"]}
    return trail(advanced_selectors=({"Name": "x", "FieldSelectors": [category, *fields]},))


def rule(**fields: Any) -> Plant:
    return lambda account: with_changed_region(
        account, HOME, event_rules=(replace(account.regions[0].event_rules[0], **fields),)
    )


def key(**fields: Any) -> Plant:
    return lambda account: with_changed_region(
        account, HOME, keys=tuple(replace(item, **fields) for item in account.regions[0].keys)
    )


def by_a_store(account: Account) -> Account:
    """Let an event data store analyse in place of the trail."""
    lake = EventStore(name="lake", created=NOW - 99 * DAY, insights=BOTH)
    return home(event_stores=(lake,))(trail(insights={})(account))


def organisations_alone(account: Account) -> Account:
    """Leave only a trail of the organisation, which lives in its management account."""
    (own, *_) = account.regions[0].trails
    return home(trails=(replace(own, owner="999988887777", organization=True),))(account)


BURST = InsightEvent(
    name="AttachRolePolicy",
    source="iam.amazonaws.com",
    started=NOW - 5 * DAY,
    rate=9.5,
    baseline=0.1,
    principal="arn:x",
)
NOT_REPEATED = {"CT-02": "not_assessed", "CT-04": "not_assessed"}
UNHEARD = {"INS-02": "not_assessed", "INS-03": "not_assessed"}
FAULTS = [
    pytest.param(
        home(trails=()),
        {"CT-01": "fail", "INS-01": "fail", "CT-03": None, **NOT_REPEATED, **UNHEARD}, id="no trail",
    ),
    pytest.param(
        trail(logging=False),
        {"CT-01": "fail", "INS-01": "fail", **NOT_REPEATED, **UNHEARD}, id="switched off",
    ),
    pytest.param(trail(latest_delivery_error="AccessDenied"), {"CT-01": "fail", **NOT_REPEATED}, id="cannot deliver"),
    pytest.param(trail(latest_delivery=NOW - 3 * DAY), {"CT-01": "fail", **NOT_REPEATED}, id="delivery stopped"),
    pytest.param(trail(selectors=(EventSelector(read_write="WriteOnly"),)), {"CT-04": "fail"}, id="writes alone"),
    pytest.param(
        trail(selectors=(EventSelector(read_write="ReadOnly"),)),
        {"CT-01": "fail", "INS-01": "fail", **NOT_REPEATED, **UNHEARD}, id="reads alone",
    ),
    pytest.param(
        selecting({"Field": "eventSource", "NotEquals": ["eks.amazonaws.com"]}),
        {"CT-01": "fail", **NOT_REPEATED}, id="without EKS",
    ),
    pytest.param(
        selecting({"Field": "eventName", "NotEquals": ["AssumeRoleWithWebIdentity"]}), {"CT-04": "fail"},
        id="without IRSA",
    ),
    pytest.param(trail(validation=False), {"CT-02": "fail"}, id="no validation"),
    pytest.param(trail(latest_digest_error="AccessDenied"), {"CT-02": "fail"}, id="digests cannot be delivered"),
    pytest.param(trail(latest_digest=NOW - 4 * DAY), {"CT-02": "fail"}, id="digests stopped"),
    pytest.param(bucket(policy_public=True, blocks=None), {"CT-03": "fail"}, id="a public policy"),
    pytest.param(bucket(acl_public=True, blocks=False), {"CT-03": "fail"}, id="a public ACL"),
    pytest.param(trail(kms_key=""), {"CT-03": "review"}, id="no key"),
    pytest.param(
        trail(log_group_arn="arn:aws:logs:x:1:log-group:t:*", latest_logs_error="x"),
        {"CT-01": "review"}, id="no copy",
    ),
    pytest.param(trail(insights={}), {"INS-01": "fail", **UNHEARD}, id="no Insights"),
    pytest.param(
        trail(insights={"ApiErrorRateInsight": ("Management",)}), {"INS-01": "fail", **UNHEARD}, id="error rate alone"
    ),
    pytest.param(
        trail(insights={"ApiCallRateInsight": ("Data",)}), {"INS-01": "fail", **UNHEARD}, id="Insights on data alone"
    ),
    pytest.param(trail(insights={"ApiCallRateInsight": ("Management",)}), {"INS-01": "review"}, id="no error rate"),
    pytest.param(home(insight_events=(BURST,)), {"INS-02": "review"}, id="an Insights event"),
    pytest.param(trail(started=NOW - 5 * HOUR), {"INS-02": "not_assessed"}, id="no baseline yet"),
    pytest.param(home(event_rules=()), {"INS-03": "review"}, id="no rule"),
    pytest.param(rule(targets=()), {"INS-03": "review"}, id="no target"),
    pytest.param(rule(state="DISABLED"), {"INS-03": "review"}, id="a rule that is off"),
    pytest.param(
        rule(pattern='{"detail-type":["AWS API Call via CloudTrail"]}'),
        {"INS-03": "review"}, id="API calls alone",
    ),
    pytest.param(
        organisations_alone,
        {"CT-01": "not_assessed", "INS-01": "not_assessed", "INS-02": "not_assessed", **NOT_REPEATED},
        id="an organisation's trail alone, which tells a member little",
    ),
    pytest.param(
        beside(name="of-all", owner="999988887777", organization=True),
        {"CT-01": "not_assessed"}, id="an organisation's trail beside: judged where it lives",
    ),
    pytest.param(beside(latest_delivery_error="NoSuchBucket"), {"CT-01": "review"}, id="a defective trail beside"),
]  # fmt: skip
TRAPS = [
    pytest.param(beside(selectors=(EventSelector(management=False),), validation=False), id="a trail for data events"),
    pytest.param(bucket(policy_public=True, acl_public=True, blocks=True), id="a public policy that is blocked"),
    pytest.param(trail(selectors=(EventSelector(excluded=("kms.amazonaws.com",)),)), id="without the noise of KMS"),
    pytest.param(
        trail(selectors=(EventSelector(read_write="WriteOnly"), EventSelector(read_write="ReadOnly"))),
        id="two selectors that together take all",
    ),
    pytest.param(by_a_store, id="Insights by an event data store"),
    pytest.param(rule(pattern='{"source":[{"prefix":"aws."}]}', name="everything"), id="a wider pattern"),
    pytest.param(home(insight_events=(replace(BURST, started=NOW - 99 * DAY),)), id="an event before the period"),
    pytest.param(trail(stopped=NOW - 99 * DAY), id="stopped once, and started again"),
]


def bare(account: Account) -> Account:
    """Leave out what bears on no trail, so that a run is short."""
    return with_changed_region(replace(account, roles=(), providers=()), HOME, clusters=(), log_groups=(), events=())


def judged(emulator: Emulator, loaded: Loaded, account: Account) -> dict[str, set[str]]:
    """Return the statuses by check in the home region, but those of what passed."""
    emulator.load(bare(account), NOW)
    checks = [check for check in loaded.checks if check.id in CHECKS]
    findings = judge(collect(REQUEST, (), clock=FixedClock(NOW)), checks, Criteria())
    here = [finding for finding in findings if finding.target.region == HOME]
    return {check: {item.status.value for item in here if item.check == check} for check in CHECKS}


@pytest.mark.parametrize(("plant", "expected"), FAULTS)
def test_a_planted_fault_is_found_and_nothing_else(
    emulator: Emulator, loaded: Loaded, plant: Plant, expected: dict[str, str | None]
) -> None:
    found = judged(emulator, loaded, plant(clean_account(NOW)))

    worst = {check: statuses - {"pass", "not_applicable"} for check, statuses in found.items()}
    assert {check: statuses for check, statuses in worst.items() if statuses} == {
        check: {status} for check, status in expected.items() if status
    }


@pytest.mark.parametrize("plant", TRAPS)
def test_a_trap_is_no_fault(emulator: Emulator, loaded: Loaded, plant: Plant) -> None:
    found = judged(emulator, loaded, plant(clean_account(NOW)))

    assert {status for statuses in found.values() for status in statuses} == {"pass"}


def test_an_unusable_key_is_found(emulator: Emulator, loaded: Loaded) -> None:
    found = judged(emulator, loaded, key(state="Disabled")(clean_account(NOW)))

    assert "fail" in found["CT-03"]


ASKED = (
    "cloudtrail:DescribeTrails",
    "cloudtrail:GetTrailStatus",
    "cloudtrail:GetEventSelectors",
    "cloudtrail:GetInsightSelectors",
    "cloudtrail:ListEventDataStores",
    "cloudtrail:GetEventDataStore",
    "cloudtrail:LookupEvents",
    "cloudtrail:ListInsightsData",
    "s3:GetBucketPolicyStatus",
    "s3:GetBucketAcl",
    "s3:GetPublicAccessBlock",
    "kms:DescribeKey",
    "events:ListRules",
    "events:ListTargetsByRule",
    "sns:GetTopicAttributes",
    "sns:ListSubscriptionsByTopic",
)
"""What the checks of trails and Insights ask."""


@pytest.mark.parametrize("operation", ASKED)
def test_a_denied_permission_never_makes_a_fault_nor_hides_one(
    emulator: Emulator, loaded: Loaded, operation: str
) -> None:
    emulator.deny(OPERATIONS[operation].permission)
    turn = ASKED.index(operation) % 12
    silent = {"pass", "not_applicable", "not_assessed"}

    # Some of the faults in turn keep this quick; among all operations each has its turn.
    for case in FAULTS[turn::12]:
        plant: Any
        expected: Any
        plant, expected = case.values
        for check, statuses in judged(emulator, loaded, plant(clean_account(NOW))).items():
            fault = expected.get(check)
            assert statuses <= silent | {fault}, (check, expected)
            assert fault is None or statuses & {fault, "not_assessed"}, (check, expected)
