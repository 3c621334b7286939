from __future__ import annotations

from typing import Any

import pytest
from tests.checks.judging import findings, statuses
from tests.samples import (
    CLUSTER,
    DENIED,
    PODS_ROLE,
    association,
    associations,
    changed,
    for_pods,
    role,
    role_arn,
    roles,
    statement,
)

from eksaminer.evidence.iam import AssociationSettings, PodIdentityAssociation, PodIdentityAssociations
from eksaminer.findings import Finding
from eksaminer_checks.audit_cloudtrail_logs.pod_identity_trust import pod_identity_trust

TAG = "aws:RequestTag"


def of_role(*statements: dict[str, Any], **fields: object) -> Finding:
    """Judge a role that no association names."""
    (finding,) = findings(pod_identity_trust, roles(role(*statements, name=PODS_ROLE, **fields)), associations())
    return finding


def with_settings(role: str = PODS_ROLE, *, session_tags: bool = True) -> PodIdentityAssociation:
    arn = role if role.startswith("arn:") else role_arn(role)
    return association(settings=AssociationSettings(role_arn=arn, target_role_arn="", session_tags=session_tags))


def of_association(only: dict[str, Any], item: PodIdentityAssociation) -> Finding:
    found = findings(pod_identity_trust, roles(role(only, name=PODS_ROLE)), associations(item))
    return next(finding for finding in found if finding.resource.type == "AWS::EKS::PodIdentityAssociation")


def when(**keys: str) -> dict[str, Any]:
    return {"StringEquals": {key.replace("__", "/"): value for key, value in keys.items()}}


SCOPES = [
    pytest.param({"StringEquals": {"aws:SourceAccount": "111122223333"}}, "pass", id="account"),
    pytest.param(
        {"ArnLike": {"aws:SourceArn": "arn:aws:eks:*:111122223333:cluster/*"}}, "pass", id="clusters of the account"
    ),
    pytest.param({"StringEquals": {f"{TAG}/kubernetes-namespace": "web"}}, "pass", id="namespace"),
    pytest.param(
        {"StringEquals": {"AWS:requesttag/Kubernetes-Service-Account": "shop"}}, "pass", id="key in another case"
    ),
    pytest.param({}, "review", id="none"),
    pytest.param({"ArnLike": {"aws:SourceArn": "*"}}, "review", id="any cluster"),
    pytest.param({"StringLike": {f"{TAG}/kubernetes-namespace": "*"}}, "review", id="any namespace"),
    pytest.param(
        {"StringEqualsIfExists": {f"{TAG}/kubernetes-namespace": "web"}}, "pass", id="if it exists, which it does"
    ),
    pytest.param({"StringNotEquals": {"aws:SourceAccount": "444455556666"}}, "review", id="all accounts but one"),
    pytest.param({"StringEquals": {"sts:ExternalId": "x"}}, "review", id="what EKS does not tell"),
    pytest.param({"Null": {f"{TAG}/eks-cluster-arn": "false"}}, "review", id="any tag"),
    pytest.param({"StringLike": {f"{TAG}/kubernetes-pod-name": "app-*"}}, "review", id="the name of the pod"),
    pytest.param({"Null": {"aws:TagKeys": "false"}}, "review", id="any tags"),
    pytest.param(
        {"ForAllValues:StringLike": {"aws:TagKeys": ["eks-*", "kubernetes-*"]}}, "review", id="only tags that EKS sends"
    ),
    pytest.param({"ForAllValues:StringEquals": {"aws:TagKeys": "team"}}, "pass", id="only tags that EKS does not send"),
    pytest.param({"ForAnyValue:StringEquals": {"aws:TagKeys": "eks-cluster-arn"}}, "review", id="one of the tags"),
    pytest.param({"StringEquals": {"aws:TagKeys": "eks-cluster-arn"}}, "review", id="tags as if there were one"),
    pytest.param({"StringNotEquals": {f"{TAG}/team": "a"}}, "review", id="a tag that is never sent, excluded"),
]


@pytest.mark.parametrize(("condition", "status"), SCOPES)
def test_a_role_is_scoped_if_a_workload_that_nobody_named_is_kept_out(condition: dict[str, Any], status: str) -> None:
    assert of_role(for_pods(Condition=condition)).status == status


ACTIONS = [
    pytest.param(["sts:AssumeRole"], "sts:TagSession", id="no TagSession"),
    pytest.param(["sts:TagSession"], "sts:AssumeRole", id="no AssumeRole"),
    pytest.param(["sts:*"], "", id="both, by a wildcard"),
    pytest.param(["STS:assumerole", "sts:tagsession"], "", id="in another case"),
]


@pytest.mark.parametrize(("actions", "lacking"), ACTIONS)
def test_both_actions_are_needed(actions: list[str], lacking: str) -> None:
    finding = of_role(for_pods(*actions))

    assert finding.status == ("review" if lacking else "pass")
    assert lacking in finding.text


def test_an_action_that_is_always_denied_is_lacking() -> None:
    denied = for_pods("sts:TagSession", Effect="Deny", Condition={})
    finding = of_role(for_pods(), denied)

    assert finding.status == "review"
    assert "does not allow sts:TagSession" in finding.text


def test_a_tag_that_is_never_sent_keeps_everybody_out() -> None:
    finding = of_role(for_pods(Condition={"StringEquals": {f"{TAG}/team": "shop"}}))

    assert finding.status == "review"
    assert f"never sends what the trust policy asks for (StringEquals on {TAG}/team)" in finding.text


def test_another_statement_may_admit_who_is_kept_out_by_the_first() -> None:
    dead = for_pods(Condition={"StringEquals": {f"{TAG}/team": "shop"}})

    assert of_role(dead, for_pods()).status == "pass"


def test_the_role_that_is_assumed_with_the_first_one_is_shown() -> None:
    far = "arn:aws:iam::444455556666:role/far"
    arn = role_arn(PODS_ROLE)
    item = association(settings=AssociationSettings(role_arn=arn, target_role_arn=far, session_tags=True))
    finding = of_association(for_pods(), item)

    assert finding.status == "pass"
    assert finding.evidence[0].seen["target_role"] == far


def test_a_deny_for_other_accounts_scopes_too() -> None:
    deny = for_pods(Effect="Deny", Condition={"StringNotEquals": {"aws:SourceAccount": "111122223333"}})

    assert of_role(for_pods(Condition={}), deny).status == "pass"


def test_a_role_and_its_association_agree() -> None:
    assert statuses(pod_identity_trust) == ["pass", "pass"]


DISAGREEMENTS = [
    pytest.param(
        {"StringEquals": {f"{TAG}/kubernetes-namespace": "other"}}, "kubernetes-namespace", id="another namespace"
    ),
    pytest.param({"StringEquals": {f"{TAG}/eks-cluster-name": "other"}}, "eks-cluster-name", id="another cluster"),
    pytest.param(
        {"ArnEquals": {"aws:SourceArn": CLUSTER.resource.id + "x"}}, "aws:SourceArn", id="the ARN of another cluster"
    ),
]


@pytest.mark.parametrize(("condition", "said"), DISAGREEMENTS)
def test_an_association_that_the_policy_refuses_is_reviewed_with_the_condition(
    condition: dict[str, Any], said: str
) -> None:
    finding = of_association(for_pods(Condition=condition), with_settings())

    assert finding.status == "review"
    assert said in finding.text


def test_tags_that_are_asked_for_and_switched_off_contradict_each_other() -> None:
    tagged = for_pods(Condition={"StringEquals": {f"{TAG}/kubernetes-namespace": "web"}})

    assert of_association(tagged, with_settings()).status == "pass"
    finding = of_association(tagged, with_settings(session_tags=False))
    assert finding.status == "review"
    assert "without session tags" in finding.text
    keys = for_pods(Condition={"ForAnyValue:StringEquals": {"aws:TagKeys": "kubernetes-namespace"}})
    assert of_association(keys, with_settings()).status == "pass"
    assert "without session tags" in of_association(keys, with_settings(session_tags=False)).text


def test_without_session_tags_their_action_is_not_asked_for() -> None:
    found = of_association(for_pods("sts:AssumeRole"), with_settings(session_tags=False))

    assert found.status == "pass"


ROLES = [
    pytest.param("gone", "does not exist", id="no such role"),
    pytest.param("Admin", "does not trust", id="a role that trusts neither"),
    pytest.param("arn:aws:iam::444455556666:role/far", "no role of this account", id="a role of another account"),
]


@pytest.mark.parametrize(("name", "said"), ROLES)
def test_an_association_with_the_wrong_role_is_reviewed(name: str, said: str) -> None:
    finding = of_association(for_pods(), with_settings(name))

    assert finding.status == "review"
    assert said in finding.text


def test_a_role_for_web_identities_does_not_serve_an_association() -> None:
    found = findings(pod_identity_trust, roles(role(statement(), name=PODS_ROLE)))

    assert [item.status.value for item in found] == ["review"]
    assert "does not trust" in found[0].text


def test_what_depends_on_the_pod_is_for_a_person() -> None:
    finding = of_association(for_pods(Condition=when(aws__x="y")), with_settings())

    assert finding.status == "review"
    assert "depends on what cannot be seen" in finding.text


def test_associations_that_could_not_be_read_are_not_assessed() -> None:
    assert statuses(pod_identity_trust, gaps={PodIdentityAssociations: DENIED}) == ["not_assessed", "pass"]
    hidden = associations(changed(association(), settings=DENIED))
    assert statuses(pod_identity_trust, hidden) == ["not_assessed", "pass"]


def test_a_policy_that_cannot_be_read_is_for_a_person() -> None:
    found = findings(pod_identity_trust, roles(role(name=PODS_ROLE, trust_policy="{")))

    assert [item.status.value for item in found] == ["review", "review"]
