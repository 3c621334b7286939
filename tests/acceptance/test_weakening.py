"""Calls that weakened auditing, planted in an account: found through LookupEvents and in files of CloudTrail alike."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.acceptance.test_denials import REQUEST
from tests.logs.trailed import base

from eksaminer.assess import judge
from eksaminer.collect.clock import FixedClock
from eksaminer.collect.request import CollectRequest
from eksaminer.collect.run import collect
from eksaminer.criteria import Criteria
from eksaminer.demo.account import (
    ClusterUpdate,
    TrailEvent,
    clean_account,
    with_changed_cluster,
    with_changed_region,
)
from eksaminer.demo.emulator import Emulator
from eksaminer.demo.events import changed
from eksaminer.findings import Finding
from eksaminer.outcome import Status
from eksaminer.registry import Loaded

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
HOME, CLUSTER, TRAIL, BUCKET = "eu-central-1", "prod-good", "security-trail", "example-cloudtrail-logs"
GROUP = f"/aws/eks/{CLUSTER}/cluster"
CHECKS = ("CT-05", "LOG-09")
OTHER_CHECK = {"CT-05": "LOG-09", "LOG-09": "CT-05"}


@dataclass(frozen=True)
class Made:
    """A call that was made, so many hours ago."""

    service: str
    name: str
    parameters: Mapping[str, Any]
    hours: float = 30
    error: str = ""

    def event(self) -> TrailEvent:
        source = f"{self.service}.amazonaws.com"
        return changed(NOW, source, self.name, self.parameters, hours=self.hours, error=self.error)


def switch(*, on: bool, name: str = CLUSTER, kind: str = "audit", hours: float = 30, error: str = "") -> Made:
    logging = {"clusterLogging": [{"types": [kind], "enabled": on}]}
    return Made("eks", "UpdateClusterConfig", {"name": name, "logging": logging}, hours, error)


def expiring(**days: int) -> Mapping[str, Any]:
    return {"bucketName": BUCKET, "LifecycleConfiguration": {"Rule": [{"Expiration": days}]}}


FAULTS = [
    pytest.param([switch(on=False)], "LOG-09", "weakened", id="the audit log switched off"),
    pytest.param([switch(on=False), switch(on=True, hours=29)], "LOG-09", "restored", id="and on again"),
    pytest.param([switch(on=False, error="AccessDenied")], "LOG-09", "refused", id="an attempt"),
    pytest.param([switch(on=False, kind="authenticator")], "LOG-09", "perhaps", id="the authenticator log"),
    pytest.param([Made("logs", "DeleteLogGroup", {"logGroupName": GROUP})], "LOG-09", "weakened", id="the log deleted"),
    pytest.param(
        [Made("logs", "PutRetentionPolicy", {"logGroupName": GROUP, "retentionInDays": 7})], "LOG-09", "weakened",
        id="kept for a week",
    ),
    pytest.param(
        [Made("logs", "PutDataProtectionPolicy", {"logGroupIdentifier": GROUP, "policyDocument": "{}"})],
        "LOG-09", "perhaps", id="addresses masked",
    ),
    pytest.param(
        [Made("logs", "DeleteSubscriptionFilter", {"logGroupName": GROUP, "filterName": "siem"})], "LOG-09", "perhaps",
        id="no longer copied",
    ),
    pytest.param([switch(on=False, name="retired")], "CT-05", "weakened", id="of a cluster that is gone"),
    pytest.param(
        [Made("cloudtrail", "StopLogging", {"name": TRAIL}), Made("cloudtrail", "StartLogging", {"name": TRAIL}, 29)],
        "CT-05", "restored", id="the trail stopped for an hour",
    ),
    pytest.param(
        [Made("cloudtrail", "UpdateTrail", {"name": TRAIL, "isMultiRegionTrail": False})], "CT-05", "weakened",
        id="the trail of one region",
    ),
    pytest.param(
        [Made("cloudtrail", "PutEventSelectors", {"trailName": TRAIL, "eventSelectors": [
            {"readWriteType": "WriteOnly", "includeManagementEvents": True},
        ]})],
        "CT-05", "weakened", id="writes alone",
    ),
    pytest.param(
        [Made("cloudtrail", "PutInsightSelectors", {"trailName": TRAIL, "insightSelectors": []})], "CT-05", "weakened",
        id="Insights off",
    ),
    pytest.param([Made("s3", "PutBucketLifecycle", expiring(Days=7))], "CT-05", "weakened", id="log files expire"),
    pytest.param([Made("s3", "DeleteBucketPolicy", {"bucketName": BUCKET})], "CT-05", "weakened", id="no way to write"),
    pytest.param(
        [Made("guardduty", "UpdateDetector", {"detectorId": "d", "features": [
            {"name": "EKS_AUDIT_LOGS", "status": "DISABLED"},
        ]})],
        "CT-05", "weakened", id="GuardDuty looks away",
    ),
    pytest.param(
        [Made("monitoring", "PutAlarmMuteRule", {"name": "quiet"})], "CT-05", "perhaps", id="alarms are muted"
    ),
    pytest.param(
        [Made("events", "RemoveTargets", {"rule": "insights", "ids": ["1"]})], "CT-05", "perhaps", id="nobody is told"
    ),
    pytest.param(
        [Made("organizations", "LeaveOrganization", {}, error="AccessDeniedException")], "CT-05", "refused",
        id="an attempt to leave",
    ),
]  # fmt: skip
TRAPS = [
    pytest.param([], id="nothing happened"),
    pytest.param([switch(on=True)], id="switched on"),
    pytest.param([switch(on=False, kind="scheduler")], id="another log"),
    pytest.param([Made("eks", "UpdateClusterConfig", {"name": CLUSTER, "resourcesVpcConfig": {}})], id="the network"),
    pytest.param([Made("logs", "DeleteLogGroup", {"logGroupName": f"{GROUP}-2"})], id="a name that begins alike"),
    pytest.param(
        [Made("logs", "PutRetentionPolicy", {"logGroupName": GROUP, "retentionInDays": 365})], id="kept for a year"
    ),
    pytest.param(
        [Made("cloudtrail", "UpdateTrail", {"name": TRAIL, "isMultiRegionTrail": True})], id="the trail of all regions"
    ),
    pytest.param([Made("s3", "PutBucketLifecycle", expiring(Days=400))], id="log files expire late"),
    pytest.param([Made("s3", "DeleteBucket", {"bucketName": "example-data"})], id="another bucket"),
    pytest.param([Made("kms", "DisableKey", {"keyId": "of-something-else"})], id="another key"),
    pytest.param([Made("other", "StopLogging", {"name": TRAIL})], id="another service"),
    pytest.param([switch(on=False, hours=24 * 91)], id="before the period"),
]


@pytest.fixture(scope="module")
def checks(loaded: Loaded) -> list[Any]:
    return [check for check in loaded.checks if check.id in CHECKS]


def looked_up(emulator: Emulator, made: list[Made], _: Path) -> CollectRequest:
    account = with_changed_region(clean_account(NOW), HOME, events=tuple(call.event() for call in made))
    emulator.load(account, NOW)
    return REQUEST


def in_files(emulator: Emulator, made: list[Made], folder: Path) -> CollectRequest:
    """Write what happened to a file, in which the period begins and ends with something harmless."""
    emulator.load(with_changed_region(clean_account(NOW), HOME, events=()), NOW)
    emulator.deny("cloudtrail:LookupEvents")
    harmless = [
        TrailEvent(name="GetObject", time=time, source="s3.amazonaws.com", user="x", detail={}) for time in ENDS
    ]
    happened = [*harmless, *(call.event() for call in made)]
    found = [
        base(str(place), event.time, event.source, event.name, **event.detail) for place, event in enumerate(happened)
    ]
    path = folder / "trail.json.gz"
    path.write_bytes(gzip.compress(json.dumps({"Records": found}).encode()))
    return CollectRequest(
        kubernetes="off", run_id=REQUEST.run_id, attempts=2, cloudtrail=(str(path),), since=NOW - timedelta(hours=24)
    )


ENDS = (NOW - timedelta(days=100), NOW)


def judged(request: CollectRequest, checks: list[Any]) -> dict[str, list[Finding]]:
    findings = judge(collect(request, (), clock=FixedClock(NOW)), checks, Criteria())
    here = [item for item in findings if item.target.region == HOME]
    return {check: [item for item in here if item.check == check] for check in CHECKS}


@pytest.mark.parametrize("origin", [looked_up, in_files])
@pytest.mark.parametrize(("made", "check", "said"), FAULTS)
def test_a_planted_weakening_is_found_and_nothing_else(  # noqa: PLR0917 - what is planted, what is expected, and where
    emulator: Emulator, checks: list[Any], tmp_path: Path, made: list[Made], check: str, said: str, origin: Any
) -> None:
    found = judged(origin(emulator, made, tmp_path), checks)

    assert [item.message.id for item in found[check]] == [f"{check}.{said}"]
    assert {item.status for item in found[OTHER_CHECK[check]]} == {Status.PASS}
    assert "Developer" in found[check][0].text


@pytest.mark.parametrize("origin", [looked_up, in_files])
@pytest.mark.parametrize("made", TRAPS)
def test_what_only_looks_like_it_passes(
    emulator: Emulator, checks: list[Any], tmp_path: Path, made: list[Made], origin: Any
) -> None:
    found = judged(origin(emulator, made, tmp_path), checks)

    assert {item.status for items in found.values() for item in items} == {Status.PASS}


def test_an_update_that_eks_remembers_is_found_without_any_event(
    emulator: Emulator, checks: list[Any], tmp_path: Path
) -> None:
    off = json.dumps({"clusterLogging": [{"types": ["audit"], "enabled": False}]})
    update = ClusterUpdate(
        id="u-1", type="LoggingUpdate", created=NOW - timedelta(days=2), params={"ClusterLogging": off}
    )
    account = with_changed_region(clean_account(NOW), HOME, events=())
    emulator.load(with_changed_cluster(account, CLUSTER, updates=(update,)), NOW)

    (finding,) = judged(REQUEST, checks)["LOG-09"]

    assert (finding.status, finding.message.id) == (Status.FAIL, "LOG-09.update_off")


@pytest.mark.parametrize(
    ("permission", "unseen"),
    [
        ("cloudtrail:LookupEvents", {"CT-05", "LOG-09"}),
        ("eks:ListUpdates", {"LOG-09"}),
        ("cloudtrail:DescribeTrails", {"CT-05"}),
        ("logs:DescribeLogGroups", {"LOG-09"}),
    ],
)
def test_a_denied_permission_hides_no_weakening_that_something_else_tells_of_and_makes_none(
    emulator: Emulator, checks: list[Any], tmp_path: Path, permission: str, unseen: set[str]
) -> None:
    made = [switch(on=False), Made("s3", "DeleteBucketPolicy", {"bucketName": BUCKET})]
    request = looked_up(emulator, made, tmp_path)
    emulator.deny(permission)

    found = judged(request, checks)

    for check, findings in found.items():
        assert {item.status for item in findings} <= {Status.FAIL, Status.NOT_ASSESSED}, check
        assert (Status.NOT_ASSESSED in {item.status for item in findings}) is (check in unseen), check
        assert {item.cause.permission for item in findings if item.cause} <= {permission}
    if permission == "eks:ListUpdates":
        assert Status.FAIL in {item.status for item in found["LOG-09"]}
