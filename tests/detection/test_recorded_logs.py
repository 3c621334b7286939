"""What the rules find in recorded audit logs whose truth is known, and what they leave alone in a quiet one."""

import gzip
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from eksaminer.criteria import Criteria
from eksaminer.detection import Rule, RuleClass, episodes
from eksaminer.detection.fields import Log
from eksaminer.logs import scan
from eksaminer.outcome import Severity
from eksaminer.registry import load_checks
from eksaminer.rule_check import asked_for

LOGS = Path(__file__).parents[2] / "../shared/data/audit-logs"
LOADED = load_checks()
RULES = {rule.id: rule for rule in LOADED.rules}
CRITERIA = Criteria(expected=dict(LOADED.expected))

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
    "X_admission_policy_change": "ADMISSION-POLICY-CHANGE",
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
    "X_credentials_in_pod_env": "the contents of variables are not judged",
    "X_dry_run": "a mark of each hit, no rule",
    "X_events_deleted": "core Events are not logged",
    "X_metadata_only_group": "a property of the policy, see META-04",
    "X_odd_content": "no attack",
    "X_oversized_event": "a property of the line, no rule",
    "X_pod_logs_read": "no rule of the catalogue",
}

EPISODES = {
    "G8-failed-anonymous": {"RECON-ENDPOINT-ENUM-ANON"},
    "G9-burst-4xx": {"AUTH-DENIED-BURST-IP", "RECON-ENDPOINT-ENUM", "RECON-ENDPOINT-ENUM-ANON"},
    "X-scanner-user-agents": {"AUTH-DENIED-BURST-IP", "RECON-ENDPOINT-ENUM-ANON"},
    "X-stolen-sa-token": {"RECON-MULTI-RESOURCE"},
}
"""The rules over several events that fire, by scenario; in every other scenario none does."""

QUIET = {
    "AUTH-DENIED": "a kubelet asked for the token of a pod that had left its node",
    "AUTH-DENIED-CREATE": "the same request",
    "AUTH-REASON-RARE": "people and pipelines, each with the binding that let them in: what META-01 counts",
    "CM-CHANGE": "a chart was installed",
    "META-CHANGE": "what people and pipelines changed, each by name: what META-05 counts",
    "NET-SERVICE": "a chart was installed",
    "RBAC-BINDING-CHANGE": "labelled: to be reported",
    "RBAC-ROLE-CHANGE": "labelled: to be reported",
    "RBAC-SA-BIND": "the bindings that are labelled name a service account",
    "SA-ACTIVE": "service accounts at work: the autoscaler, the network plugin, Prometheus",
    "SA-CREATED": "a chart was installed",
    "SEC-BY-SA-NODE": "external-secrets under a namespace of its own: for the list of the user",
    "SEC-LIST": "kubelets fetch the secrets of their pods, Helm its releases",
    "SEC-READ-OK": "external-secrets, and a developer who looked at one",
    "SEC-WRITE": "Helm keeps its release in a secret",
    "WL-DEPLOYMENT": "a chart was installed",
    "WL-SIDECAR": "a pipeline set the image of a deployment",
}
"""What fires in ordinary operation, after allow-lists, and why. Nothing of it is a violation or of high severity."""


def truth(name: str) -> dict[str, frozenset[str]]:
    """Return the requests that are known to be of each kind, in a file of one or of several scenarios."""
    found: dict[str, set[str]] = defaultdict(set)
    text = (LOGS / name).read_text(encoding="utf-8")
    scenarios = map(json.loads, text.splitlines()) if name.endswith("l") else [json.loads(text)]
    for item in (item for scenario in scenarios for item in scenario["expected"]):
        found[item["detection"]].update(item["auditIDs"])
    return {kind: frozenset(ids) for kind, ids in found.items()}


def hits_of(name: str, rules: Iterable[Rule]) -> dict[str, set[str]]:
    """Return the ids of the requests that the log engine finds, by rule; without allow-lists."""
    found: dict[str, set[str]] = defaultdict(set)
    with scan([LOGS / name], list(rules)) as outcome:
        for rule, hit in outcome.hits():
            found[rule].add(hit.audit_id)
    return found


@pytest.fixture(scope="module")
def small() -> dict[str, set[str]]:
    return hits_of("small/audit.jsonl.gz", {FOUND_BY[kind]: RULES[FOUND_BY[kind]] for kind in FOUND_BY}.values())


def test_every_kind_of_truth_has_a_rule_or_a_reason() -> None:
    assert set(truth("small/ground_truth.jsonl")) == FOUND_BY.keys() | WITHOUT_A_RULE.keys()


def test_finds_what_is_known_to_be_there(small: dict[str, set[str]]) -> None:
    expected = truth("small/ground_truth.jsonl")
    missed = {kind: len(expected[kind] - small[rule]) for kind, rule in FOUND_BY.items()}

    assert {kind: count for kind, count in missed.items() if count} == {kind: n for kind, (n, _) in MISSED.items()}


SCENARIOS = [path.name.removesuffix(".gt.json") for path in sorted(LOGS.glob("scenarios/*.gt.json"))]
CORRELATED = [rule for rule in RULES.values() if rule.correlation and rule.log is Log.AUDIT]


@pytest.mark.parametrize("name", SCENARIOS)
def test_finds_what_is_known_to_be_in_each_scenario(name: str) -> None:
    expected = truth(f"scenarios/{name}.gt.json")
    kinds = expected.keys() & FOUND_BY.keys()
    rules = {FOUND_BY[kind]: RULES[FOUND_BY[kind]] for kind in kinds}
    found = hits_of(f"scenarios/{name}.jsonl.gz", rules.values()) if rules else {}
    missed = {kind: len(expected[kind] - found[FOUND_BY[kind]]) for kind in kinds}

    assert expected.keys() <= FOUND_BY.keys() | WITHOUT_A_RULE.keys()
    assert missed == {kind: MISSED.get(kind, (0, ""))[0] for kind in kinds}


@pytest.mark.parametrize("name", SCENARIOS)
def test_several_requests_are_an_episode_where_they_are_known_to_be_one(name: str) -> None:
    events = list(lines(f"scenarios/{name}.jsonl.gz"))
    fired = {rule.id for rule in CORRELATED if rule.correlation and unexpected(rule, events)}

    assert fired == EPISODES.get(name, set())


def unexpected(rule: Rule, events: list[dict[str, Any]]) -> bool:
    """Tell whether somebody whom the rule does not expect makes an episode."""
    assert rule.correlation
    mine = [event for event in events if not CRITERIA.expects(rule.id, *actor_of(event))]
    return bool(episodes(rule.correlation, mine, rule.log))


def actor_of(event: dict[str, Any]) -> tuple[str, str]:
    name = (event.get("user") or {}).get("username", "")
    return name, name


def lines(name: str) -> Iterator[dict[str, Any]]:
    with gzip.open(LOGS / name, "rt", encoding="utf-8") as opened:
        yield from map(json.loads, opened)


def test_a_quiet_log_makes_nothing_that_is_not_explained() -> None:
    reportable: set[str] = set()
    for ids in truth("benign/ground_truth.jsonl").values():
        reportable |= ids
    fired: dict[str, set[str]] = defaultdict(set)
    rules = [r for r in asked_for(LOADED.rules, CRITERIA) if r.rule_class is not RuleClass.NEEDS_BASELINE]
    with scan([LOGS / "benign/audit.jsonl.gz"], rules) as outcome:
        for rule, hit in outcome.hits():
            if not CRITERIA.expects(rule, hit.actor, hit.user):
                fired[rule].add(hit.audit_id)
    leads = {rule for rule in fired if RULES[rule].rule_class in {RuleClass.VIOLATION, RuleClass.LEAD}}

    assert fired.keys() == QUIET.keys()
    assert leads == {"RBAC-ROLE-CHANGE", "RBAC-BINDING-CHANGE", "SEC-BY-SA-NODE"}
    assert fired["RBAC-ROLE-CHANGE"] | fired["RBAC-BINDING-CHANGE"] == reportable
    assert not {RULES[rule].severity for rule in leads} & {Severity.HIGH, Severity.CRITICAL}
    assert not {RULES[rule].rule_class for rule in fired} & {RuleClass.VIOLATION}
