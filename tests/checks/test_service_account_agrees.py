from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.checks.judging import findings, statuses
from tests.samples import (
    APP,
    CLUSTER,
    DENIED,
    ISSUER,
    changed,
    cluster,
    for_pods,
    objects,
    provider,
    providers,
    role,
    role_arn,
    roles,
    service_account,
    statement,
)

from eksaminer.evidence.account import ClusterList
from eksaminer.evidence.cluster import Cluster
from eksaminer.evidence.iam import OidcProviders
from eksaminer.evidence.kubernetes import ROLE_ARN_ANNOTATION, KubernetesObjects, ServiceAccount
from eksaminer_checks.audit_cloudtrail_logs.service_account_agrees import service_account_agrees

SHARED = Path(__file__).resolve().parents[2] / "../shared/data/kubernetes-objects"
OTHER = "system:serviceaccount:shop:other"


def said(*sections: Any, **keywords: Any) -> list[tuple[str, str, str]]:
    """Return status, the end of the resource and the text of each finding."""
    found = findings(service_account_agrees, *sections, **keywords)
    return [(item.status.value, item.resource.id.rpartition("/")[2], item.text) for item in found]


def test_agrees_when_annotated_existing_and_admitted() -> None:
    ((status, name, text),) = said()

    assert (status, name) == ("pass", "app")
    assert text.endswith("Pods that run as it: 1.")


ANNOTATIONS = [
    pytest.param("gone", "does not exist", id="no such role"),
    pytest.param("Admin", "no statement of it speaks of a web identity", id="a role that trusts no web identity"),
    pytest.param("pods", "statement 1: Action and Principal do not hold", id="a role for Pod Identity"),
]


@pytest.mark.parametrize(("name", "why"), ANNOTATIONS)
def test_an_annotation_that_leads_nowhere_is_reviewed(name: str, why: str) -> None:
    pods_role = role(for_pods(), name="pods")

    ((status, _, text),) = said(objects(service_account("shop", "app", name)), roles(pods_role))

    assert status == "review"
    assert why in text


def test_a_role_of_another_account_can_be_seen_there_alone() -> None:
    far = ServiceAccount(namespace="shop", name="app", role_arn="arn:aws:iam::444455556666:role/far")

    ((status, _, text),) = said(objects(far), roles())

    assert status == "review"
    assert "of the account 444455556666" in text


@pytest.mark.parametrize(
    "arn", ["app", "arn:aws:iam::1", "arn:aws:s3:::bucket", "{role}", "arn:aws:iam::111122223333:user/x"]
)
def test_an_annotation_that_is_no_role_is_said_to_be_none(arn: str) -> None:
    odd = ServiceAccount(namespace="shop", name="app", role_arn=arn)

    ((status, _, text),) = said(objects(odd), roles())

    assert status == "review"
    assert "is no ARN of a role" in text


def test_names_the_condition_that_keeps_a_service_account_from_its_role() -> None:
    accounts = objects(service_account("shop", "app", "app"), service_account("shop", "other"))

    found = said(accounts, roles(role(statement(OTHER))))

    refused = next(text for _, _, text in found if "does not admit" in text)
    assert f"statement 1: StringEquals on {ISSUER}:sub does not hold" in refused


def test_names_the_statement_that_denies() -> None:
    found = said(roles(role(statement(), statement(Effect="Deny"))))

    assert "statement 2 denies it" in found[0][2]
    assert "statement 1" not in found[0][2]


def test_what_depends_on_the_request_is_for_a_person() -> None:
    condition = {"StringEquals": {f"{ISSUER}:sub": APP}, "IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}

    ((status, _, text),) = said(roles(role(statement(Condition=condition))))

    assert status == "review"
    assert "depends on what no token tells" in text


def test_without_an_identity_provider_no_role_can_be_assumed() -> None:
    ((status, _, text),) = said(providers(provider("arn:aws:iam::111122223333:oidc-provider/other.example")))

    assert status == "review"
    assert "no identity provider" in text


def test_without_an_issuer_no_role_can_be_assumed() -> None:
    assert "gives no issuer" in said(changed(cluster(), issuer=""))[0][2]


def test_a_named_account_that_does_not_exist_is_open_to_whoever_creates_it() -> None:
    found = said(roles(role(statement([APP, OTHER]))))

    text = "The trust policy names service accounts that do not exist in demo: shop/other."
    assert any(item[0] == "review" and item[2].startswith(text) for item in found)


def test_a_named_account_that_does_not_name_the_role_is_reviewed() -> None:
    accounts = objects(service_account("shop", "app"))

    ((status, _, text),) = said(accounts)

    assert status == "review"
    assert text == "The trust policy names service accounts of demo that do not name the role: shop/app."


def test_a_policy_that_cannot_be_read_is_for_a_person() -> None:
    ((status, _, text),) = said(roles(role(trust_policy="{")))

    assert status == "review"
    assert "cannot be read" in text


GAPS = [
    pytest.param({KubernetesObjects: DENIED}, (), id="no Kubernetes evidence"),
    pytest.param({}, (objects(service_accounts=DENIED),), id="no service accounts"),
    pytest.param({Cluster: DENIED}, (), id="no cluster"),
    pytest.param({OidcProviders: DENIED}, (), id="no identity providers"),
]


@pytest.mark.parametrize(("gaps", "sections"), GAPS)
def test_what_was_not_seen_is_not_assessed(gaps: Any, sections: Any) -> None:
    assert statuses(service_account_agrees, *sections, gaps=gaps) == ["not_assessed"]


def test_clusters_that_could_not_be_listed_are_not_assessed() -> None:
    assert "not_assessed" in statuses(service_account_agrees, gaps={ClusterList: DENIED})


def test_pods_that_could_not_be_read_are_not_counted() -> None:
    ((status, _, text),) = said(objects(pods=DENIED))

    assert status == "pass"
    assert text.endswith("Pods that run as it: not assessed.")


OWN_AUDIENCE = {f"{ISSUER}:aud": "mine", f"{ISSUER}:sub": APP}
AUDIENCES = [
    pytest.param(statement(), ("mine", "sts.amazonaws.com"), "review", f"StringEquals on {ISSUER}:aud", id="refused"),
    pytest.param(statement(Condition={"StringEquals": OWN_AUDIENCE}), ("mine",), "pass", "admits it", id="admitted"),
    pytest.param(
        statement(Condition={"StringEquals": OWN_AUDIENCE}),
        ("sts.amazonaws.com",),
        "review",
        "does not take: it takes sts.amazonaws.com",
        id="not an audience of the provider",
    ),
]


@pytest.mark.parametrize(("trust", "taken", "status", "words"), AUDIENCES)
def test_the_audience_that_the_annotation_asks_for_is_the_one_that_is_judged(
    trust: dict[str, Any], taken: tuple[str, ...], status: str, words: str
) -> None:
    account = changed(service_account("shop", "app", "app"), audience="mine")

    found = said(objects(account), roles(role(trust)), providers(provider(client_ids=taken)))

    assert [item[0] for item in found] == [status]
    assert words in found[0][2]


def test_without_the_audiences_of_the_provider_agreement_is_not_assessed() -> None:
    assert statuses(service_account_agrees, providers(provider(client_ids=DENIED))) == ["not_assessed"]


@pytest.mark.parametrize("moment", ["before", "after"])
def test_every_annotated_account_of_a_real_cluster_agrees_with_exact_roles(moment: str) -> None:
    """The recorded objects of a cluster under attack; the roles are made from its annotations."""
    if not SHARED.exists():
        pytest.skip("the recorded objects of ../shared are absent")
    items = json.loads((SHARED / moment / "serviceaccounts.json").read_text())["items"]
    accounts = tuple(_account(item["metadata"]) for item in items)
    annotated = [item for item in accounts if item.role_arn]
    exact = [
        role(
            statement(f"system:serviceaccount:{item.namespace}:{item.name}"),
            name=item.role_arn.rpartition("/")[2],
            arn=item.role_arn,
        )
        for item in annotated
    ]
    crossed = [changed(one, arn=two.arn, name=two.name) for one, two in zip(exact, exact[1:] + exact[:1], strict=True)]

    assert len(annotated) >= 4
    assert set(statuses(service_account_agrees, objects(*accounts), roles(*exact))) == {"pass"}
    assert set(statuses(service_account_agrees, objects(*accounts), roles(*crossed))) == {"review"}


def _account(metadata: dict[str, Any]) -> ServiceAccount:
    arn = (metadata.get("annotations") or {}).get(ROLE_ARN_ANNOTATION, "")
    return ServiceAccount(namespace=metadata["namespace"], name=metadata["name"], role_arn=arn)


def test_the_verdict_is_about_the_service_account_of_its_cluster() -> None:
    (finding,) = findings(service_account_agrees)

    assert finding.resource.id == f"{CLUSTER.resource.id}/shop/app"
    assert role_arn("app") in finding.text
