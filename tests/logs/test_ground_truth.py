"""The recorded attacks are found, and on ordinary days nothing but what has to be reported."""

import json
from pathlib import Path

from tests.logs.made import SHARED, Pairs, needs_shared, pairs

RULES = {
    "G1_aws_auth_change": "EKS-AWS-AUTH",
    "G2_validating_webhook_change": "WEBHOOK-CHANGE",
    "X_mutating_webhook_change": "WEBHOOK-CHANGE",
    "G3_role_change": "RBAC-ROLE-CHANGE",
    "G5_clusterrole_change": "RBAC-ROLE-CHANGE",
    "G4_rolebinding_change": "RBAC-BINDING-CHANGE",
    "G6_clusterrolebinding_change": "RBAC-BINDING-CHANGE",
    "G7_unauthorized_secret_read": "SEC-READ-DENIED",
    "G8_failed_anonymous": "AUTH-ANON-FAILED",
}


def labelled(path: Path) -> Pairs:
    return frozenset(
        (RULES[label["detection"]], audit_id)
        for text in path.read_text(encoding="utf-8").splitlines()
        for label in json.loads(text)["expected"]
        for audit_id in label["auditIDs"]
        if label["detection"] in RULES
    )


@needs_shared
def test_every_recorded_attack_on_the_subjects_of_the_guide_is_hit() -> None:
    expected = labelled(SHARED / "small" / "ground_truth.jsonl")

    assert len(expected) == 130
    assert expected - pairs([SHARED / "small" / "audit.jsonl.gz"]) == frozenset()


@needs_shared
def test_normal_operation_gives_exactly_what_is_labelled_as_reportable() -> None:
    expected = labelled(SHARED / "benign" / "ground_truth.jsonl")

    assert pairs([SHARED / "benign" / "audit.jsonl.gz"]) == expected


@needs_shared
def test_a_folder_skips_what_is_no_log_and_says_so() -> None:
    # The ground truth beside the log is JSON lines too, but not of audit events.
    alone = pairs([SHARED / "benign" / "audit.jsonl.gz", SHARED / "benign" / "setup.jsonl.gz"])

    assert pairs([SHARED / "benign"]) == alone
