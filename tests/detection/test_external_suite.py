"""The test cases of other projects: each one with an id of the catalogue gives the expected verdict."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from tests.logs.made import ROOT, all_rules

from eksaminer.criteria import Criteria
from eksaminer.detection import matches
from eksaminer.registry import Loaded

SUITE = ROOT.parent / "shared" / "data" / "external-suite"
pytestmark = pytest.mark.skipif(not SUITE.is_dir(), reason="the cases of other projects (../shared) are not here")

LISTED = "we match and count it; the allow-list of the rule keeps the identity out of the findings"
UNKNOWN = "no add-on or controller is called so: whoever makes a service account in kube-system would be let off"
NO_URI = "the command stands in a body, which no API server logs of an exec; it always writes requestURI, missing here"
UPDATE = "changing a role gives the same power as creating it"
ROOT_USER = "the case is about running as root, which is another thing than privileged"
HEALTH = "health and version paths are open to everyone by the built-in binding"
AWS_IP = "whose network a public address is in is not in the log"

AKS, EKS = "panther_aks_unwrapped/Kubernetes", "panther_eks/Kubernetes"
DEVIATIONS = {
    (
        "AUTH-ANON-ALLOWED",
        "panther_eks/Amazon.EKS.AnonymousAPIAccess__Anonymous_API_Access_Web_Scanner_Allowed",
    ): HEALTH,
    ("AUTH-ANON-ALLOWED", "panther_eks/Amazon.EKS.AnonymousAPIAccess__ELB_Health_Check_from_Public_IP"): HEALTH,
    (
        "AUTH-ANON-ALLOWED",
        "panther_eks/Amazon.EKS.AnonymousAPIAccess__Anonymous_API_Access_Web_Scanner_Denied",
    ): "it was refused: AUTH-ANON-FAILED finds it",
    ("AUTH-SYS-PUBLIC-IP", f"{AKS}.System.Principal.PublicIP__AKS_CSI_Disk_Driver_from_Azure_Node"): AWS_IP,
    ("AUTH-SYS-PUBLIC-IP", f"{AKS}.System.Principal.PublicIP__AKS_System_Node_from_Azure_IP"): AWS_IP,
    ("AUTH-SYS-PUBLIC-IP", f"{EKS}.System.Principal.PublicIP__EKS_Legitimate_Node_from_AWS_IP"): AWS_IP,
    ("CERT-CSR", f"{EKS}.ClientCertificate.Created__System_principal_creating_certificate_excluded_"): LISTED,
    (
        "CM-CREDENTIALS",
        "falco/CreateConfigmapPrivateCreds",
    ): "EKS logs ConfigMaps without their content: there is no such rule",
    (
        "CT-EKS-ADMIN-POLICY",
        "stratus/eks.lateral-movement.create-access-entry__doc1",
    ): "the printed event is the creation of the entry, which CT-EKS-ACCESS-ENTRY finds",
    (
        "CT-GUARDDUTY-OFF",
        "panther_cloudtrail/AWS.IPSet.Modified__CreateIPSet_Event",
    ): "the case writes the names of fields in lower case, which CloudTrail never does",
    (
        "CT-TRAIL-STOP",
        "panther_cloudtrail/AWS.CloudTrail.Created__CloudTrail_Was_Created",
    ): "creating a trail stops nothing",
    (
        "EKS-AWS-AUTH",
        "stratus/eks.persistence.backdoor-aws-auth-configmap__doc1",
    ): "the printed event has neither verb nor namespace",
    ("EXEC-KUBECTL-CP", f"{AKS}.Kubectl.CP.Operation__AKS_kubectl_cp_from_pod_with_SSH_keys"): NO_URI,
    (
        "NET-INGRESS-NOTLS",
        f"{EKS}.Ingress.NoTLS__System_namespace_excluded_",
    ): "the namespace does not encrypt anything",
    ("POD-PRIVILEGED", f"{EKS}.Pod.Privileged.Created__Pod_with_runAsUser_0_root_"): ROOT_USER,
    ("POD-PRIVILEGED", f"{EKS}.Pod.Privileged.Created__Run-As-Root_Pod_Created"): ROOT_USER,
    ("POD-PRIVILEGED", f"{EKS}.Pod.Privileged.Created__Privileged_Pod_in_System_Namespace_Excluded_"): LISTED,
    ("RBAC-NODE-PROXY", f"{EKS}.Role.NodeProxyPermissions__Updating_existing_role_not_creating_"): UPDATE,
    ("RBAC-POD-EXEC", f"{EKS}.Role.PodExec__System_principal_creating_role_excluded_"): UNKNOWN,
    ("RBAC-POD-EXEC", f"{EKS}.Role.PodExec__Updating_existing_role_not_creating_"): UPDATE,
    ("RBAC-WRITE", f"{EKS}.Role.WritePermissions__Updating_existing_role_not_creating_"): UPDATE,
    ("SA-TOKEN-STEAL-EXEC", f"{AKS}.Pod.StealServiceAccountToken__AKS_read_serviceaccount_directory"): NO_URI,
    ("SA-TOKEN-STEAL-EXEC", f"{EKS}.Pod.StealServiceAccountToken__EKS_IRSA_token_theft"): NO_URI,
    ("SEC-LIST-ALL-NS", f"{EKS}.Secrets.DumpAllNamespaces__System_component_listing_secrets_excluded_"): LISTED,
    ("SEC-READ-DENIED", f"{EKS}.Secret.AccessDenied__List_secrets_operation_not_get_"): "listing tells even more",
    ("SEC-READ-DENIED", f"{EKS}.Secret.AccessDenied__System_service_account_failed_get_excluded_"): UNKNOWN,
    (
        "WL-CRONJOB",
        f"{EKS}.CronJob.CreatedOrModified__System_controller_creating_CronJob_in_kube-system_excluded_",
    ): LISTED,
    ("WL-DAEMONSET", f"{EKS}.DaemonSet.Created__System_controller_creating_DaemonSet_in_kube-system_excluded_"): LISTED,
}
"""Where an expectation is wrong for EKS or for what the rule says, and why."""

FOUND_ELSEWHERE = {
    "panther_eks/Amazon.EKS.AnonymousAPIAccess__Anonymous_API_Access_Web_Scanner_Denied": "AUTH-ANON-FAILED",
    "stratus/eks.lateral-movement.create-access-entry__doc1": "CT-EKS-ACCESS-ENTRY",
}
"""The rule that finds what a deviation leaves to another one."""


def verdicts() -> Iterator[tuple[str, str, bool, bool]]:
    """Yield rule, case, what is expected of the rule and whether it matches; correlations need more than a case."""
    rules = {rule.id: rule for rule in all_rules()}
    for path in sorted(SUITE.glob("*/*.json")):
        case = json.loads(path.read_text(encoding="utf-8"))
        for key, wanted in (("catalog_expected", True), ("catalog_not_expected", False)):
            for name in case.get(key) or ():
                rule = rules.get(name)
                if rule is None or rule.correlation is None:
                    hit = rule is not None and any(matches(rule.predicate, event) for event in case["events"])
                    yield name, f"{path.parent.name}/{path.stem}", wanted, hit


def test_the_cases_of_other_projects_give_the_expected_verdict_or_a_reason() -> None:
    found = list(verdicts())
    wrong = {(name, case) for name, case, wanted, hit in found if wanted is not hit}

    assert len(found) >= 200
    assert wrong == set(DEVIATIONS)


def events_of(case: str) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = json.loads((SUITE / f"{case}.json").read_text(encoding="utf-8"))["events"]
    return events


@pytest.mark.parametrize(("rule", "case"), [key for key, reason in DEVIATIONS.items() if reason in {LISTED, UNKNOWN}])
def test_who_is_said_to_be_on_the_allow_list_of_a_rule_is_on_it(rule: str, case: str, loaded: Loaded) -> None:
    criteria = Criteria(expected=dict(loaded.expected))
    users = [event["user"]["username"] for event in events_of(case)]

    assert {criteria.expects(rule, user, user) for user in users} == {DEVIATIONS[rule, case] == LISTED}


@pytest.mark.parametrize(("case", "rule"), FOUND_ELSEWHERE.items())
def test_what_is_left_to_another_rule_is_found_by_it(case: str, rule: str) -> None:
    rules = {rule.id: rule for rule in all_rules()}

    assert any(matches(rules[rule].predicate, event) for event in events_of(case))
