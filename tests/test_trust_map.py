"""Who may assume which role: one row for each way to it, with its verdict and what the role may reach."""

from __future__ import annotations

import pytest
from tests.samples import (
    ACCOUNT,
    CLUSTER,
    DENIED,
    PODS_ROLE,
    PROVIDER,
    association,
    associations,
    changed,
    cluster,
    collection,
    for_pods,
    objects,
    role,
    roles,
    service_account,
    sound_sections,
    statement,
)

from eksaminer.assess import judge
from eksaminer.check import Check
from eksaminer.criteria import Criteria
from eksaminer.evidence.iam import RolePolicies
from eksaminer.evidence.kubernetes import KubernetesObjects
from eksaminer.evidence.model import Section, Target
from eksaminer.findings import TrustRow
from eksaminer.gap import Gap
from eksaminer.trust_map import trust_map

SA = "system:serviceaccount"


def rows(
    checks: dict[str, Check], *sections: Section, gaps: dict[Target, dict[type[Section], Gap]] | None = None
) -> tuple[TrustRow, ...]:
    placed = {target: {item.key: item for item in own} for target, own in sound_sections().items()}
    for section in sections:
        placed[CLUSTER if section.scope.value == "cluster" else ACCOUNT][section.key] = section
    found = collection({target: tuple(own.values()) for target, own in placed.items()}, gaps)
    trusting = [item for name, item in checks.items() if name.startswith("IRSA-")]
    return trust_map(found, judge(found, trusting, Criteria()))


def test_a_sound_role_has_its_service_account_cluster_and_services(checks: dict[str, Check]) -> None:
    app, pods = rows(checks, associations(association()))

    assert (app.via, app.admits, app.status, app.witness) == ("eks", "named", "pass", "")
    assert [(item.name, item.named, item.pods) for item in app.accounts] == [("shop/app", True, 1)]
    assert app.cluster is not None
    assert app.cluster.cluster == CLUSTER.cluster
    assert app.access is not None
    assert [item.service for item in app.access.services] == ["s3"]
    assert (pods.via, pods.admits, [item.name for item in pods.accounts]) == (
        "pod_identity",
        "associated",
        ["web/shop"],
    )


ADMITS = [
    pytest.param(statement(None), "everyone", "a/a", "fail", id="everyone"),
    pytest.param(statement(f"{SA}:*:app", "StringLike"), "namespaces", "a/app", "fail", id="any namespace"),
    pytest.param(statement(f"{SA}:shop:*", "StringLike"), "namespace", "shop/a", "review", id="a namespace"),
    pytest.param(statement(f"{SA}:shop:app?", "StringLike"), "wider_named", "shop/appa", "review", id="a longer list"),
    pytest.param(statement(f"{SA}:shop:*"), "nobody", "", "not_applicable", id="nobody"),
    pytest.param(
        statement([f"{SA}:{'*a' * 12}{n}*:{'?*b' * 12}" for n in range(150)], "StringLike"),
        "undecided",
        "",
        "review",
        id="too complex",
    ),
]


@pytest.mark.parametrize(("given", "admits", "witness", "status"), ADMITS)
def test_says_who_is_admitted_with_an_example_and_the_verdict(
    checks: dict[str, Check], given: dict[str, object], admits: str, witness: str, status: str
) -> None:
    (row,) = rows(checks, roles(role(given)))

    assert (row.admits, row.witness, row.status) == (admits, witness, status)
    assert row.finding


def test_an_annotation_that_the_policy_does_not_name_is_shown(checks: dict[str, Check]) -> None:
    found = objects(service_account("web", "other", "app"))

    (row,) = rows(checks, roles(role()), found)

    assert [(item.name, item.named, item.annotated) for item in row.accounts] == [
        ("shop/app", True, False),
        ("web/other", False, True),
    ]


def test_what_was_not_seen_is_not_no(checks: dict[str, Check]) -> None:
    gaps = {CLUSTER: {KubernetesObjects: DENIED}, ACCOUNT: {RolePolicies: DENIED}}

    (row,) = rows(checks, roles(role()), gaps=gaps)  # type: ignore[arg-type]  # - the types of sections

    assert [(item.annotated, item.pods) for item in row.accounts] == [(None, None)]
    assert row.access is None


def test_an_issuer_of_no_seen_cluster_and_one_outside_eks(checks: dict[str, Check]) -> None:
    github = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"
    outside = statement(None, Principal={"Federated": github}, Condition={})

    found = rows(checks, roles(role(statement(), outside)), changed(cluster(), issuer="elsewhere"))

    assert {row.provider: (row.via, row.cluster) for row in found} == {
        PROVIDER: ("eks", None),
        github: ("other_provider", None),
    }


def test_a_policy_that_cannot_be_read_has_a_row(checks: dict[str, Check]) -> None:
    (row,) = rows(checks, roles(role(trust_policy="{")))

    assert (row.via, row.admits, row.status) == ("unreadable", "unreadable", "review")


def test_pod_identity_without_an_association_and_the_graver_verdict_of_two(checks: dict[str, Check]) -> None:
    open_to_all = role(for_pods(Condition={}), name=PODS_ROLE)

    (alone,) = rows(checks, roles(open_to_all), associations())
    (tied,) = rows(checks, roles(open_to_all), associations(association()))

    assert (alone.provider, alone.accounts, alone.status) == ("", (), "review")
    assert (tied.provider, tied.status) == (association().arn, "review")


def test_a_condition_that_no_token_tells_makes_it_uncertain(checks: dict[str, Check]) -> None:
    asked = statement()
    asked["Condition"]["IpAddress"] = {"aws:SourceIp": "192.0.2.0/24"}

    (row,) = rows(checks, roles(role(asked)))

    assert (row.admits, row.certain) == ("named", False)


def test_without_the_roles_there_is_no_row(checks: dict[str, Check]) -> None:
    assert rows(checks, roles()) == ()
