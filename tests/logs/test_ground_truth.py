"""The recorded attacks are found, and on ordinary days nothing but what has to be reported."""

import json
from pathlib import Path

from tests.logs.made import SHARED, Pairs, all_rules, needs_shared, pairs

from eksaminer.criteria import Criteria
from eksaminer.detection import RuleClass
from eksaminer.logs import scan
from eksaminer.outcome import Severity
from eksaminer.registry import load_checks

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


FOUND = {
    "G9_4xx_burst": {"AUTH-DENIED"},
    "X_admission_policy_change": set(),
    "X_anonymous_binding": {"AUTH-ANON-GRANT"},
    "X_anonymous_success": {"AUTH-ANON-ALLOWED"},
    "X_attach": {"EXEC-POD"},
    "X_cluster_admin_binding": {"RBAC-CLUSTER-ADMIN-BIND"},
    "X_coredns_configmap_change": {"CM-DNS"},
    "X_credentials_in_configmap": {"CM-CHANGE"},
    "X_cronjob_created": {"WL-CRONJOB"},
    "X_csr_approved": {"CERT-CSR"},
    "X_csr_created": {"CERT-CSR"},
    "X_daemonset_created": {"WL-DAEMONSET", "POD-PRIVILEGED"},
    "X_dangerous_capability_pod": {"POD-CAPS"},
    "X_ephemeral_container": {"POD-EPHEMERAL"},
    "X_escalation_verbs_role": {"RBAC-ESCALATE-VERBS"},
    "X_exec": {"EXEC-POD"},
    "X_exec_role": {"RBAC-POD-EXEC"},
    "X_hostipc_pod": {"POD-HOSTIPC"},
    "X_hostnetwork_pod": {"POD-HOSTNETWORK"},
    "X_hostpath_pod": {"POD-HOSTPATH-SENSITIVE"},
    "X_hostpid_pod": {"POD-HOSTPID"},
    "X_image_changed_by_sa": {"AUTH-SYS-PUBLIC-IP", "WL-SIDECAR"},
    "X_job_created": {"WL-CRONJOB"},
    "X_loadbalancer_service": {"NET-SERVICE"},
    "X_mutating_webhook_change": {"WEBHOOK-CHANGE"},
    "X_namespace_created": {"NS-CHANGE"},
    "X_namespace_deleted": {"NS-CHANGE"},
    "X_node_debug_pod": {"POD-HOSTPATH-SENSITIVE", "POD-HOSTNETWORK", "POD-HOSTIPC"},
    "X_node_proxy": {"NODE-PROXY"},
    "X_nodeport_service": {"NET-NODEPORT"},
    "X_permission_enumeration": {"RECON-SELF-REVIEW"},
    "X_pod_in_kube_system": {"POD-KUBE-NS"},
    "X_portforward": {"EXEC-PORTFORWARD"},
    "X_privileged_pod": {"POD-PRIVILEGED"},
    "X_sa_token_from_outside": {"AUTH-SYS-PUBLIC-IP"},
    "X_scanner_user_agent": {"RECON-TOOL-UA"},
    "X_secrets_enumeration": {"SEC-LIST"},
    "X_serviceaccount_in_kube_system": {"SA-KUBE-NS"},
    "X_token_request_other_sa": {"SA-TOKEN-REQUEST"},
    "X_wildcard_role": {"RBAC-WILDCARD"},
}
"""The rules that every request of a recorded detection has to be found by."""
PARTLY = {
    "X_impersonation": {"AUTH-IMPERSONATE"},  # One of three asks for an ordinary user, and is refused.
    "X_nonresource_probe": {"AUTH-ANON-FAILED"},  # Some probes have credentials.
    "X_admission_denied": {"AUTH-DENIED"},  # One is answered 422, which is no refusal of a right.
    "X_rbac_escalation_denied": {"AUTH-DENIED"},
    "X_dry_run": {"RBAC-ROLE-CHANGE", "RBAC-BINDING-CHANGE"},  # The third is of a Deployment.
}
"""Found, but not each request by each rule."""
EXPLAINED = {
    "RBAC-ROLE-CHANGE": "the platform administrators really changed them: labelled as reportable",
    "RBAC-BINDING-CHANGE": "as above",
    "SEC-BY-SA-NODE": "an operator for secrets in a namespace of its own, on no list",
}
"""What is left on an ordinary day, and why."""


@needs_shared
def test_every_other_recorded_attack_is_found_too() -> None:
    found = pairs([SHARED / "small" / "audit.jsonl.gz"], all_rules())
    by_detection: dict[str, set[str]] = {}
    for text in (SHARED / "small" / "ground_truth.jsonl").read_text(encoding="utf-8").splitlines():
        for label in json.loads(text)["expected"]:
            by_detection.setdefault(label["detection"], set()).update(label["auditIDs"])
    missed = {
        (detection, rule, audit_id)
        for detection, names in FOUND.items()
        for rule in names
        for audit_id in by_detection[detection]
        if (rule, audit_id) not in found
    }
    partly = {
        (name, rule)
        for name, names in PARTLY.items()
        for rule in names
        if not any((rule, audit_id) in found for audit_id in by_detection[name])
    }

    assert missed == set()
    assert partly == set()


@needs_shared
def test_an_ordinary_day_leaves_only_what_is_explained() -> None:
    loaded = load_checks()
    criteria = Criteria(expected=dict(loaded.expected))
    judged = {rule.id: rule for rule in loaded.rules if rule.rule_class in {RuleClass.VIOLATION, RuleClass.LEAD}}
    with scan([SHARED / "benign" / "audit.jsonl.gz"], loaded.rules) as outcome:
        left = {
            result.rule
            for result in outcome.rules
            for group in result.groups
            if result.rule in judged and not criteria.expects(result.rule, group.actor, group.user)
        }

    assert left == set(EXPLAINED)
    assert not any(judged[name].severity in {Severity.CRITICAL, Severity.HIGH} for name in left)
