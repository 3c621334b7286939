"""What the rules find in recorded audit logs whose truth is known, and what they leave alone in a quiet one."""

import gzip
import json
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from eksaminer.criteria import Criteria
from eksaminer.detection import RuleClass, matches
from eksaminer.logs import scan
from eksaminer.outcome import Severity
from eksaminer.registry import load_checks

LOGS = Path(__file__).parents[2] / "../shared/data/audit-logs"
LOADED = load_checks()
RULES = {rule.id: rule for rule in LOADED.rules}

pytestmark = pytest.mark.skipif(not LOGS.is_dir(), reason="the recorded audit logs are not there")

FOUND_BY = {
    "G1_aws_auth_change": "EKS-AWS-AUTH",
    "G2_validating_webhook_change": "WEBHOOK-CHANGE",
    "G3_role_change": "RBAC-ROLE-CHANGE",
    "G4_rolebinding_change": "RBAC-BINDING-CHANGE",
    "G5_clusterrole_change": "RBAC-ROLE-CHANGE",
    "G6_clusterrolebinding_change": "RBAC-BINDING-CHANGE",
    "G7_unauthorized_secret_read": "SEC-READ-DENIED",
    "G8_failed_anonymous": "AUTH-ANON-FAILED",
    "G9_4xx_burst": "AUTH-DENIED",
    "X_admission_denied": "AUTH-DENIED",
    "X_anonymous_binding": "AUTH-ANON-GRANT",
    "X_anonymous_success": "AUTH-ANON-ALLOWED",
    "X_attach": "EXEC-POD",
    "X_cluster_admin_binding": "RBAC-CLUSTER-ADMIN-BIND",
    "X_coredns_configmap_change": "CM-DNS",
    "X_credentials_in_configmap": "CM-CHANGE",
    "X_cronjob_created": "WL-CRONJOB",
    "X_csr_approved": "CERT-CSR",
    "X_csr_created": "CERT-CSR",
    "X_daemonset_created": "WL-DAEMONSET",
    "X_dangerous_capability_pod": "POD-CAPS",
    "X_ephemeral_container": "POD-EPHEMERAL",
    "X_escalation_verbs_role": "RBAC-ESCALATE-VERBS",
    "X_exec": "EXEC-POD",
    "X_exec_role": "RBAC-POD-EXEC",
    "X_hostipc_pod": "POD-HOSTIPC",
    "X_hostnetwork_pod": "POD-HOSTNETWORK",
    "X_hostpath_pod": "POD-HOSTPATH-SENSITIVE",
    "X_hostpid_pod": "POD-HOSTPID",
    "X_image_changed_by_sa": "WL-UNUSUAL",
    "X_impersonation": "AUTH-IMPERSONATE",
    "X_job_created": "WL-CRONJOB",
    "X_loadbalancer_service": "NET-SERVICE",
    "X_logging_tampered": "CM-CHANGE",
    "X_mutating_webhook_change": "WEBHOOK-CHANGE",
    "X_namespace_created": "NS-CHANGE",
    "X_namespace_deleted": "NS-CHANGE",
    "X_node_debug_pod": "POD-HOSTPATH-SENSITIVE",
    "X_node_proxy": "NODE-PROXY",
    "X_nodeport_service": "NET-NODEPORT",
    "X_nonresource_probe": "AUTH-DENIED",
    "X_panic_stage": "NODE-PROXY",
    "X_permission_enumeration": "RECON-SELF-REVIEW",
    "X_pod_in_kube_system": "POD-KUBE-NS",
    "X_portforward": "EXEC-PORTFORWARD",
    "X_privileged_pod": "POD-PRIVILEGED",
    "X_rbac_escalation_denied": "AUTH-DENIED",
    "X_sa_token_from_outside": "AUTH-SYS-PUBLIC-IP",
    "X_scanner_user_agent": "RECON-TOOL-UA",
    "X_secrets_enumeration": "SEC-LIST",
    "X_serviceaccount_in_kube_system": "SA-KUBE-NS",
    "X_token_request_other_sa": "SA-TOKEN-REQUEST",
    "X_wildcard_role": "RBAC-WILDCARD",
}

MISSED = {
    "X_admission_denied": (1, "a ValidatingAdmissionPolicy answers 422, which is no refusal by status"),
    "X_impersonation": (1, "an impersonation that was refused names nobody in the event"),
    "X_logging_tampered": (3, "a workload and Events that were deleted; no rule of the catalogue is about them"),
    "X_nonresource_probe": (2, "the administrator was answered 200 and 404"),
}
"""How many requests the rule does not find, and why that is right."""

WITHOUT_A_RULE = {
    "X_admission_policy_change": "no rule of the catalogue",
    "X_credentials_in_pod_env": "the contents of variables are not judged",
    "X_dry_run": "a mark of each hit, no rule",
    "X_events_deleted": "core Events are not logged",
    "X_metadata_only_group": "a property of the policy, see META-04",
    "X_odd_content": "no attack",
    "X_oversized_event": "a property of the line, no rule",
    "X_pod_logs_read": "no rule of the catalogue",
}

QUIET = {
    "RBAC-ROLE-CHANGE": "labelled: to be reported",
    "RBAC-BINDING-CHANGE": "labelled: to be reported",
    "SEC-BY-SA-NODE": "external-secrets under a namespace of its own: for the list of the user",
}
"""The leads that fire in ordinary operation, and why."""


def lines(name: str) -> Iterator[dict[str, Any]]:
    with gzip.open(LOGS / name, "rt", encoding="utf-8") as opened:
        yield from map(json.loads, opened)


@cache
def expected() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for line in (LOGS / "small/ground_truth.jsonl").read_text(encoding="utf-8").splitlines():
        for item in json.loads(line)["expected"]:
            found[item["detection"]].update(item["auditIDs"])
    return {name: frozenset(ids) for name, ids in found.items()}


@cache
def events() -> tuple[dict[str, Any], ...]:
    return tuple(lines("small/audit.jsonl.gz"))


def test_every_kind_of_truth_has_a_rule_or_a_reason() -> None:
    assert set(expected()) == FOUND_BY.keys() | WITHOUT_A_RULE.keys()


@pytest.mark.parametrize("kind", FOUND_BY)
def test_finds_what_is_known_to_be_there(kind: str) -> None:
    rule = RULES[FOUND_BY[kind]]

    found = {event["auditID"] for event in events() if matches(rule.predicate, event)}

    assert len(expected()[kind] - found) == MISSED.get(kind, (0, ""))[0]


def test_a_quiet_log_makes_no_violation_no_high_lead_and_no_lead_that_is_not_explained() -> None:
    criteria = Criteria(expected=dict(LOADED.expected))
    judged = [rule for rule in LOADED.rules if rule.rule_class in {RuleClass.VIOLATION, RuleClass.LEAD}]
    with scan([LOGS / "benign/audit.jsonl.gz"], judged) as outcome:
        fired = {rule for rule, hit in outcome.hits() if not criteria.expects(rule, hit.actor, hit.user)}

    assert fired == QUIET.keys()
    assert not {RULES[rule].severity for rule in fired} & {Severity.HIGH, Severity.CRITICAL}
    assert not {RULES[rule].rule_class for rule in fired} & {RuleClass.VIOLATION}
