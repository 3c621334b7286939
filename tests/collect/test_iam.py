"""The roles, the identity providers and the Pod Identity associations, as AWS answers about them."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from eksaminer.collect.aws.iam import concerns_workloads, trust_document
from eksaminer.demo.account import clean_account, demo_account
from eksaminer.demo.emulator import Emulator
from eksaminer.demo.model import Provider
from eksaminer.evidence.iam import IamRoles, OidcProviders, PodIdentityAssociations, RolePolicies
from eksaminer.evidence.model import Target
from eksaminer.gap import Gap

from .collecting import ACCOUNT, NOW, cluster, collected, section

HERE = Target(account=ACCOUNT)
PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/ABC"

SAML = f"arn:aws:iam::{ACCOUNT}:saml-provider/x"


def trusting(principal: Any, action: str = "sts:AssumeRoleWithWebIdentity") -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": principal, "Action": action}]}


CONCERNED = [
    pytest.param(trusting({"Federated": PROVIDER}), True, id="a provider"),
    pytest.param(trusting({"Federated": "accounts.google.com"}), True, id="a provider without ARN"),
    pytest.param(trusting({"Federated": PROVIDER}, "sts:AssumeRole"), True, id="a provider, with the wrong action"),
    pytest.param(trusting({"Service": "pods.eks.amazonaws.com"}, "sts:AssumeRole"), True, id="Pod Identity"),
    pytest.param(trusting("*"), True, id="everyone, for web identities"),
    pytest.param(trusting("*", "sts:AssumeRole"), False, id="everyone, for other principals"),
    pytest.param(trusting({"Service": "ec2.amazonaws.com"}, "sts:AssumeRole"), False, id="another service"),
    pytest.param(trusting({"Federated": SAML}, "sts:AssumeRoleWithSAML"), False, id="SAML"),
]


@pytest.mark.parametrize(("document", "concerned"), CONCERNED)
def test_takes_the_roles_that_trust_a_web_identity_or_pod_identity(document: dict[str, Any], concerned: bool) -> None:
    assert concerns_workloads(trust_document(document)) is concerned


@pytest.mark.parametrize("document", ["", "{", "null", "[]", '{"Statement":1}'])
def test_a_policy_that_cannot_be_read_is_kept_for_judgement(document: str) -> None:
    assert concerns_workloads(document)


def test_the_trust_policy_is_canonical_json() -> None:
    assert trust_document({"b": 1, "a": [2]}) == '{"a":[2],"b":1}'
    assert trust_document("%7Bnot json") == "%7Bnot json"
    assert trust_document(None) == "null"


def test_tells_the_roles_of_workloads_from_the_others(emulator: Emulator) -> None:
    emulator.load(demo_account(NOW))

    found = section(collected(), HERE, IamRoles)

    assert f"arn:aws:iam::{ACCOUNT}:role/PlatformAdmin" in found.others
    assert not {role.arn for role in found.roles} & set(found.others)


def test_reads_what_is_attached_to_the_roles_of_workloads_in_one_listing(emulator: Emulator) -> None:
    emulator.load(demo_account(NOW))

    collection = collected()

    found, roles = section(collection, HERE, RolePolicies), section(collection, HERE, IamRoles)
    assert [item.role for item in found.roles] == [role.arn for role in roles.roles]
    by_name = {item.role.rpartition("/")[2]: item for item in found.roles}
    assert by_name["prod-attacked-ci"].attached == ("arn:aws:iam::aws:policy/AdministratorAccess",)
    assert by_name["prod-attacked-reports"].boundary.endswith(":policy/WorkloadBoundary")
    assert [policy.name for policy in by_name["prod-attacked-reports"].inline] == ["reports"]
    assert json.loads(found.managed_policy(by_name["prod-attacked-ci"].attached[0]).document)["Statement"]
    assert Counter(emulator.actions)["iam:GetAccountAuthorizationDetails"] == RolePolicies.calls.per_account


def test_reads_the_policies_page_by_page(emulator: Emulator) -> None:
    emulator.load(demo_account(NOW))
    whole = section(collected(), HERE, RolePolicies)
    emulator.page_size = 3

    paged = section(collected(), HERE, RolePolicies)

    assert (paged.roles, paged.managed) == (whole.roles, whole.managed)


def test_policies_that_may_not_be_read_leave_the_trust_policies(emulator: Emulator) -> None:
    emulator.deny("iam:GetAccountAuthorizationDetails")

    collection = collected()

    gap = collection.get(HERE, RolePolicies)
    assert isinstance(gap, Gap)
    assert gap.permission == "iam:GetAccountAuthorizationDetails"
    assert section(collection, HERE, IamRoles).roles


def test_a_provider_that_may_not_be_read_keeps_its_arn(emulator: Emulator) -> None:
    emulator.deny("iam:GetOpenIDConnectProvider")

    (provider,) = section(collected(), HERE, OidcProviders).providers

    assert provider.arn.endswith(provider.issuer)
    assert provider.client_ids.permission == "iam:GetOpenIDConnectProvider"


def test_reads_the_audiences_of_a_provider(emulator: Emulator) -> None:
    account = clean_account(NOW)
    second = Provider(issuer="oidc.example.com", created=NOW, client_ids=("b", "a"))
    emulator.load(replace(account, providers=(*account.providers, second)))

    found = section(collected(), HERE, OidcProviders)

    assert [item.client_ids for item in found.providers if item.issuer == "oidc.example.com"] == [("a", "b")]


def test_reads_associations_with_their_role(emulator: Emulator) -> None:
    emulator.load(demo_account(NOW))

    (association,) = section(collected(), cluster("prod-attacked", "us-east-1"), PodIdentityAssociations).associations

    assert (association.namespace, association.service_account) == ("web", "storefront")
    assert association.settings.role_arn.endswith(":role/prod-attacked-storefront")
    assert association.settings.session_tags


def test_an_association_that_may_not_be_described_keeps_its_service_account(emulator: Emulator) -> None:
    emulator.load(demo_account(NOW))
    emulator.deny("eks:DescribePodIdentityAssociation")

    (association,) = section(collected(), cluster("prod-attacked", "us-east-1"), PodIdentityAssociations).associations

    assert association.service_account == "storefront"
    assert association.settings.permission == "eks:DescribePodIdentityAssociation"


def test_only_what_is_judged_is_stored_of_the_roles(emulator: Emulator) -> None:
    collection = collected()

    operations = {source.id: source.operation for source in collection.evidence[HERE].sources}
    stored = [json.loads(data) for name, data in collection.answers.items() if operations.get(name) == "iam:ListRoles"]
    assert stored
    fields = {field for page in stored for role in page["Roles"] for field in role}
    assert fields == {"Path", "RoleName", "Arn", "AssumeRolePolicyDocument"}


def test_a_run_that_lists_no_roles_says_why(emulator: Emulator) -> None:
    emulator.deny("iam:ListRoles")

    found = section(collected(), HERE, IamRoles)

    assert isinstance(found, Gap)
    assert found.permission == "iam:ListRoles"
