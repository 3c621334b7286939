from typing import Any

import pytest
from tests.checks.judging import findings, statuses
from tests.samples import DENIED, changed, storage, storages

from eksaminer.evidence.trail_storage import BucketBlock, Storage, TrailKey
from eksaminer.findings import Finding
from eksaminer_checks.audit_cloudtrail_logs.trail_storage_private import trail_storage_private

UNBLOCKED = BucketBlock(ignores_acls=False, restricts_policy=False)


def bucket(**fields: Any) -> Storage:
    return storage(bucket=changed(storage().bucket, **fields))


def key(**fields: Any) -> Storage:
    return storage(key=changed(TrailKey(arn="arn:aws:kms:x:1:key/k", manager="CUSTOMER", state="Enabled"), **fields))


def by_aspect(found: Storage) -> dict[str, Finding]:
    return {finding.aspect: finding for finding in findings(trail_storage_private, storages(found))}


@pytest.mark.parametrize(
    ("found", "status"),
    [
        pytest.param(storage(), "pass", id="sound"),
        pytest.param(bucket(block=UNBLOCKED), "pass", id="private without a block"),
        pytest.param(bucket(policy_public=True, block=UNBLOCKED), "fail", id="public by policy"),
        pytest.param(bucket(acl_public=True, block=UNBLOCKED), "fail", id="public by ACL"),
        pytest.param(bucket(policy_public=True), "pass", id="a public policy that is blocked"),
        pytest.param(bucket(acl_public=True), "pass", id="a public ACL that is ignored"),
        pytest.param(
            bucket(policy_public=True, block=changed(UNBLOCKED, ignores_acls=True)), "fail", id="the wrong half blocked"
        ),
        pytest.param(
            bucket(acl_public=True, block=changed(UNBLOCKED, restricts_policy=True)), "fail", id="the other half"
        ),
        pytest.param(bucket(policy_public=DENIED), "pass", id="policy not readable, but blocked"),
        pytest.param(bucket(policy_public=DENIED, block=UNBLOCKED), "not_assessed", id="policy not readable"),
        pytest.param(bucket(acl_public=DENIED, block=UNBLOCKED), "not_assessed", id="ACL not readable"),
        pytest.param(
            bucket(acl_public=DENIED, policy_public=True, block=UNBLOCKED), "fail", id="public, whatever the ACL is"
        ),
        pytest.param(bucket(block=DENIED), "pass", id="private, whatever is blocked"),
        pytest.param(bucket(block=DENIED, policy_public=True), "not_assessed", id="public unless it is blocked"),
        pytest.param(storage(bucket=DENIED), "not_assessed", id="bucket not readable"),
    ],
)
def test_judges_who_has_access(found: Storage, status: str) -> None:
    assert by_aspect(found)["public"].status == status


@pytest.mark.parametrize(
    ("found", "status", "severity"),
    [
        pytest.param(storage(), "pass", "medium", id="of the customer"),
        pytest.param(storage(key=TrailKey(arn="", manager="", state="")), "review", "low", id="none"),
        pytest.param(key(manager="AWS"), "review", "low", id="of AWS"),
        pytest.param(key(state="Disabled"), "fail", "high", id="disabled"),
        pytest.param(key(state="PendingDeletion"), "fail", "high", id="about to be deleted"),
        pytest.param(key(manager="", state="NotFound"), "fail", "high", id="gone"),
        pytest.param(storage(key=DENIED), "not_assessed", "medium", id="not readable"),
    ],
)
def test_judges_the_key(found: Storage, status: str, severity: str) -> None:
    found_of = by_aspect(found)
    finding = found_of.get("key") or found_of["key-usable"]

    assert (finding.status, finding.severity) == (status, severity)


def test_a_public_bucket_is_critical_and_the_command_blocks_it() -> None:
    finding = by_aspect(bucket(policy_public=True, block=UNBLOCKED))["public"]

    assert finding.severity == "critical"
    assert finding.command is not None
    assert "put-public-access-block --bucket trail-bucket" in finding.command


def test_a_trail_is_judged_in_its_home_region_alone() -> None:
    assert statuses(trail_storage_private, storages(storage(home_region="us-east-1"))) == ["not_applicable"]


def test_without_a_trail_there_is_nothing_to_judge() -> None:
    assert statuses(trail_storage_private, storages()) == ["not_applicable"]
