"""Why a request went through or was turned away, and who asked: in fixed words, without the message."""

from pathlib import Path
from typing import Any

import pytest
from tests.logs.made import SHARED, all_rules, event, lines, needs_shared, scanned

from eksaminer.evidence.grant import grant_of, granted, refused_by
from eksaminer.evidence.scan import Hit, Refusal
from eksaminer.logs import scan

ESCALATES = "is attempting to grant RBAC permissions not currently held"
DECISION, REASON = "authorization.k8s.io/decision", "authorization.k8s.io/reason"
BY_POLICY = (
    'EKS Access Policy: allowed by ClusterRoleBinding "arn:aws:iam::111122223333:role/Admin+arn:aws:eks::aws:'
    'cluster-access-policy/AmazonEKSClusterAdminPolicy" of ClusterRole "arn:aws:eks::aws:cluster-access-policy/'
    'AmazonEKSClusterAdminPolicy" to User "AROAQU22ARE4MX4BXA6S7"'
)
BY_BINDING = 'RBAC: allowed by RoleBinding "edit/web" of ClusterRole "edit" to Group "eks:developers"'


def hit_of(folder: Path, decision: str | None = "allow", reason: str = "", **changes: Any) -> Hit:
    annotations = {} if decision is None else {DECISION: decision, REASON: reason}
    outcome = scanned(lines(event(annotations=annotations, **changes)), folder)
    return next(hit for rule in outcome.rules if rule.rule == "EKS-AWS-AUTH" for hit in rule.first_hits)


@pytest.mark.parametrize(
    ("code", "decision", "message", "word"),
    [
        pytest.param(200, "allow", "", "", id="answered"),
        pytest.param(404, "allow", 'configmaps "aws-auth" not found', "", id="not there"),
        pytest.param(409, "allow", "the object has been modified", "", id="a conflict"),
        pytest.param(401, None, "Unauthorized", "credentials", id="credentials"),
        pytest.param(403, "forbid", 'User "x" cannot update resource "configmaps"', "authorizer", id="no binding"),
        pytest.param(403, None, 'User "x" cannot update resource "configmaps"', "authorizer", id="a cut line"),
        pytest.param(403, None, 'User "x" cannot impersonate resource "users"', "impersonation", id="impersonation"),
        pytest.param(403, "allow", "x is forbidden: exceeded quota: q, used: 2", "quota", id="quota"),
        pytest.param(403, "allow", f"u {ESCALATES}:", "escalation", id="RBAC"),
        pytest.param(403, "allow", 'is forbidden: violates PodSecurity "restricted"', "pod_security", id="PodSecurity"),
        pytest.param(403, "allow", "new content in x because it is being terminated", "terminating", id="terminating"),
        pytest.param(403, "allow", 'admission webhook "w" denied the request: no', "admission", id="a webhook"),
        pytest.param(400, "allow", 'admission webhook "w" denied the request: no', "admission", id="without a code"),
        pytest.param(422, "allow", "ValidatingAdmissionPolicy 'p' denied request: no", "admission", id="a policy"),
        pytest.param(422, "allow", "spec.x: Invalid value", "", id="an invalid object"),
        pytest.param(403, "allow", "anything else", "admission", id="another plugin"),
        pytest.param(403, None, "", "untold", id="nothing is said"),
    ],
)  # fmt: skip
def test_says_in_one_word_what_refused_a_request(
    code: int, decision: str | None, message: str, word: str, tmp_path: Path
) -> None:
    assert hit_of(tmp_path, decision, responseStatus={"code": code, "message": message}).refusal == word


def test_what_a_node_may_not_do_is_told_from_other_admission(tmp_path: Path) -> None:
    status = {"code": 403, "message": 'node "a" is not allowed to modify node "b"'}

    assert hit_of(tmp_path, responseStatus=status, user={"username": "system:node:a"}).refusal is Refusal.NODE


def test_a_message_of_another_type_is_a_bad_line(tmp_path: Path) -> None:
    outcome = scanned(lines(event(), event(auditID="2", responseStatus={"code": 403, "message": 5})), tmp_path)

    assert (outcome.accounting.good, outcome.accounting.bad) == (1, 1)


def test_groups_tell_what_refused_and_what_allowed(tmp_path: Path) -> None:
    allowed = [event(auditID=str(n), annotations={DECISION: "allow", REASON: BY_BINDING}) for n in range(3)]
    refused = event(auditID="r", responseStatus={"code": 403}, annotations={DECISION: "forbid", REASON: ""})
    found = scanned(lines(*allowed, refused), tmp_path)
    (result,) = (rule for rule in found.rules if rule.rule == "EKS-AWS-AUTH")

    assert granted(result.groups) == (("RoleBinding edit/web (ClusterRole edit) to Group eks:developers", 3),)
    assert refused_by(result.groups) == ((Refusal.AUTHORIZER, 1),)


@pytest.mark.parametrize(
    ("decision", "reason", "label"),
    [
        pytest.param("allow", BY_POLICY, "EKS access policy AmazonEKSClusterAdminPolicy", id="an access policy"),
        pytest.param("forbid", BY_BINDING, "", id="refused"),
        pytest.param("allow", "", "", id="system:masters, or an open path"),
        pytest.param("allow", BY_BINDING + " and more", "", id="another text"),
    ],
)
def test_reads_what_allowed_a_request(decision: str, reason: str, label: str) -> None:
    grant = grant_of(decision, reason)

    assert ("" if grant is None else grant.label) == label


SESSION = "arn:aws-cn:sts::111122223333:assumed-role/Developer/dana@example.com"
ROLE = "arn:aws-cn:iam::111122223333:role/Developer"


@pytest.mark.parametrize(
    ("user", "who"),
    [
        pytest.param(
            {"username": "dana", "extra": {"canonicalArn": ["C"], "arn": [SESSION], "sessionName": ["dana"],
                                           "accessKeyId": ["ASIAABCDEFGHIJKLWXYZ"]}},
            ("C", "dana", "ASIA…WXYZ"), id="all of it",
        ),
        pytest.param({"username": "d", "extra": {"arn": [SESSION]}}, (ROLE, "dana@example.com", ""), id="the ARN"),
        pytest.param({"username": SESSION}, (ROLE, "dana@example.com", ""), id="the ARN as the name"),
        pytest.param(
            {"username": "ci", "extra": {"arn": ["arn:aws:iam::111122223333:user/ci"], "sessionName": [""]}},
            ("arn:aws:iam::111122223333:user/ci", "", ""), id="an IAM user",
        ),
        pytest.param({"username": "x", "extra": {"accessKeyId": ["SECRET"]}}, ("x", "", "[redacted]"), id="no key"),
    ],
)  # fmt: skip
def test_identity_session_and_access_key_are_kept_apart(
    user: dict[str, Any], who: tuple[str, str, str], tmp_path: Path
) -> None:
    hit = hit_of(tmp_path, user=user)

    assert (hit.actor, hit.session, hit.access_key) == who


def test_a_line_that_needs_a_second_look_tells_the_same(tmp_path: Path) -> None:
    status = {"code": 403, "message": "x is forbidden: exceeded quota: q"}
    user = {"username": "dana", "extra": {"arn": [SESSION], "accessKeyId": ["ASIAABCDEFGHIJKLWXYZ"]}}
    odd = hit_of(tmp_path, user=user, responseStatus=status, stageTimestamp="2026-11-23T08:00:00+08:00")

    assert (odd.refusal, odd.session, odd.access_key) == (Refusal.QUOTA, "dana@example.com", "ASIA…WXYZ")


@needs_shared
def test_recorded_refusals_are_explained() -> None:
    with scan([SHARED / "scenarios/X-admission-denied.jsonl.gz"], all_rules()) as outcome:
        words = {hit.audit_id: hit.refusal.value for rule, hit in outcome.hits() if rule == "AUTH-DENIED"}

    assert sorted(words.values()) == ["authorizer", "escalation", "escalation", "node", "pod_security", "quota"]
