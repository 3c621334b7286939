"""The test cases of Falco, Panther and Stratus Red Team, by the ids of the catalogue.

A case that expects a rule to fire is asked of the rule alone, before allow-lists; one that expects silence, after them.
Of a correlation one event is asked, as the cases hold no more. Fields that their authors left out are filled in as the
README of the suite says. Expectations that are wrong on EKS are listed below, each with its reason.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from eksaminer.criteria import Criteria
from eksaminer.detection import matches
from eksaminer.registry import load_checks

SUITE = Path(__file__).parents[2] / "../shared/data/external-suite"
LOADED = load_checks()
RULES = {rule.id: rule for rule in LOADED.rules}
CRITERIA = Criteria(expected=dict(LOADED.expected))
RBAC = frozenset({"roles", "rolebindings", "clusterroles", "clusterrolebindings"})

NO_URI = "a command stands in requestURI, which every event has and this one lacks"
UPDATES = "an update widens a role as a creation does"
NO_ASN = "the owner of an address is not known offline; allow-list nodes that have public addresses"
AS_ROOT = "running as root is not running privileged"
ANYWHERE = "the rule looks at every namespace; allow-list what is expected"
OPEN_TO_ALL = "every cluster serves health and version paths to everyone"
LOWER = "the names of the fields are in lower case, which no record has"
WAS_REFUSED = "the request was refused"
LISTED = "the guide asks for list and watch too"
OTHER_CALL = "the event makes the access entry; the policy is another call"
PART = "a part of an event, without its verb and namespace"

DEVIATIONS = {
    "EXEC-KUBECTL-CP Kubernetes.Kubectl.CP.Operation__AKS_kubectl_cp_from_pod_with_SSH_keys": NO_URI,
    "SA-TOKEN-STEAL-EXEC Kubernetes.Pod.StealServiceAccountToken__AKS_read_serviceaccount_directory": NO_URI,
    "SA-TOKEN-STEAL-EXEC Kubernetes.Pod.StealServiceAccountToken__EKS_IRSA_token_theft": NO_URI,
    "AUTH-SYS-PUBLIC-IP Kubernetes.System.Principal.PublicIP__AKS_CSI_Disk_Driver_from_Azure_Node": NO_ASN,
    "AUTH-SYS-PUBLIC-IP Kubernetes.System.Principal.PublicIP__AKS_System_Node_from_Azure_IP": NO_ASN,
    "AUTH-SYS-PUBLIC-IP Kubernetes.System.Principal.PublicIP__EKS_Legitimate_Node_from_AWS_IP": NO_ASN,
    "CT-TRAIL-STOP AWS.CloudTrail.Created__CloudTrail_Was_Created": "creating a trail weakens nothing",
    "CT-GUARDDUTY-OFF AWS.IPSet.Modified__CreateIPSet_Event": LOWER,
    "AUTH-ANON-ALLOWED Amazon.EKS.AnonymousAPIAccess__Anonymous_API_Access_Web_Scanner_Allowed": OPEN_TO_ALL,
    "AUTH-ANON-ALLOWED Amazon.EKS.AnonymousAPIAccess__ELB_Health_Check_from_Public_IP": OPEN_TO_ALL,
    "AUTH-ANON-ALLOWED Amazon.EKS.AnonymousAPIAccess__Anonymous_API_Access_Web_Scanner_Denied": WAS_REFUSED,
    "NET-INGRESS-NOTLS Kubernetes.Ingress.NoTLS__System_namespace_excluded_": ANYWHERE,
    "POD-PRIVILEGED Kubernetes.Pod.Privileged.Created__Pod_with_runAsUser_0_root_": AS_ROOT,
    "POD-PRIVILEGED Kubernetes.Pod.Privileged.Created__Run-As-Root_Pod_Created": AS_ROOT,
    "RBAC-NODE-PROXY Kubernetes.Role.NodeProxyPermissions__Updating_existing_role_not_creating_": UPDATES,
    "RBAC-POD-EXEC Kubernetes.Role.PodExec__Updating_existing_role_not_creating_": UPDATES,
    "RBAC-WRITE Kubernetes.Role.WritePermissions__Updating_existing_role_not_creating_": UPDATES,
    "RBAC-POD-EXEC Kubernetes.Role.PodExec__System_principal_creating_role_excluded_": ANYWHERE,
    "SEC-READ-DENIED Kubernetes.Secret.AccessDenied__List_secrets_operation_not_get_": LISTED,
    "SEC-READ-DENIED Kubernetes.Secret.AccessDenied__System_service_account_failed_get_excluded_": ANYWHERE,
    "CT-EKS-ADMIN-POLICY eks.lateral-movement.create-access-entry__doc1": OTHER_CALL,
    "EKS-AWS-AUTH eks.persistence.backdoor-aws-auth-configmap__doc1": PART,
}
UNWRITTEN = {"CM-CREDENTIALS": "the contents of ConfigMaps are not logged on EKS"}


def cases() -> Iterator[Any]:
    for path in sorted(SUITE.glob("*/*.json")):
        case = json.loads(path.read_text(encoding="utf-8"))
        for key, expected in (("catalog_expected", True), ("catalog_not_expected", False)):
            for rule in case.get(key, []):
                if rule not in UNWRITTEN:
                    yield pytest.param(case["events"], rule, expected, f"{rule} {path.stem}", id=f"{rule} {path.stem}")


def completed(event: dict[str, Any]) -> dict[str, Any]:
    """Fill in what follows from the rest of the event."""
    reference = event.get("objectRef")
    if isinstance(reference, dict) and reference.get("resource") in RBAC:
        return event | {"objectRef": {"apiGroup": "rbac.authorization.k8s.io"} | reference}
    return event


def verdict(rule: str, event: dict[str, Any], *, with_lists: bool) -> bool:
    user = (event.get("user") or {}).get("username") or ""
    allowed = with_lists and CRITERIA.expects(rule, user)
    return matches(RULES[rule].predicate, completed(event)) and not allowed


@pytest.mark.skipif(not SUITE.is_dir(), reason="the cases of other projects are not there")
@pytest.mark.parametrize(("events", "rule", "expected", "name"), list(cases()))
def test_rules_agree_with_the_cases_of_others_but_where_those_are_wrong_on_eks(
    events: list[dict[str, Any]], rule: str, expected: bool, name: str
) -> None:
    found = any(verdict(rule, event, with_lists=not expected) for event in events)

    assert (found is not expected) is (name in DEVIATIONS)
