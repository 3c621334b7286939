"""The roles that workloads may assume, the identity providers, and the Pod Identity associations of a cluster."""

from collections.abc import Mapping
from typing import Any

from eksaminer.collect.aws.reader import Reader, text
from eksaminer.collect.gaps import attempt
from eksaminer.evidence.iam import (
    AssociationSettings,
    IamRole,
    PodIdentityAssociation,
    PodIdentityAssociations,
    PolicyDocument,
    RolePermissions,
)
from eksaminer.gap import Gap
from eksaminer.record import canonical_json
from eksaminer.trust import TrustPolicy, TrustPolicyError, trusts_pods

ROLES_A_PAGE = 1000
"""The most that IAM gives."""


def read_roles(reader: Reader) -> tuple[tuple[IamRole, ...], tuple[str, ...]]:
    """Return the roles that trust a web identity or Pod Identity, and the ARNs of the others. Raises `CallFailed`."""
    found = reader.items("iam:ListRoles", "Roles", {"MaxItems": ROLES_A_PAGE})
    roles: list[IamRole] = []
    others: list[str] = []
    for item in sorted(found, key=lambda role: str(role["Arn"])):
        document = trust_document(item.get("AssumeRolePolicyDocument"))
        if concerns_workloads(document):
            roles.append(_role(item, document))
        else:
            others.append(str(item["Arn"]))
    return tuple(roles), tuple(others)


def _role(item: Mapping[str, Any], document: str) -> IamRole:
    return IamRole(
        arn=str(item["Arn"]),
        name=str(item["RoleName"]),
        path=text(item.get("Path")),
        trust_policy=document,
    )


def trust_document(given: Any) -> str:
    """Return a trust policy as canonical JSON; as it came where botocore could not decode it."""
    return given if isinstance(given, str) else canonical_json(given).decode()


def concerns_workloads(document: str) -> bool:
    """Return whether a trust policy names a web identity or Pod Identity, or cannot be read."""
    try:
        policy = TrustPolicy.from_document(document)
    except TrustPolicyError:
        return True
    federated = any(
        principal.kind == "Federated" and ":saml-provider/" not in principal.name
        for statement in policy.statements
        for principal in statement.principals
    )
    return federated or bool(policy.providers) or trusts_pods(policy)


def read_role_policies(reader: Reader) -> tuple[tuple[RolePermissions, ...], tuple[PolicyDocument, ...]]:
    """Return what is attached to the roles that workloads may assume, and the managed ones. Raises `CallFailed`."""
    roles: list[RolePermissions] = []
    managed: dict[str, PolicyDocument] = {}
    params = {"Filter": ["Role", "LocalManagedPolicy", "AWSManagedPolicy"], "MaxItems": ROLES_A_PAGE}
    for page in reader.pages("iam:GetAccountAuthorizationDetails", params):
        roles += [
            _permissions(item)
            for item in page.data["RoleDetailList"]
            if concerns_workloads(trust_document(item.get("AssumeRolePolicyDocument")))
        ]
        managed |= {str(item["Arn"]): _managed(item) for item in page.data["Policies"]}
    wanted = {arn for role in roles for arn in (*role.attached, role.boundary)}
    return (
        tuple(sorted(roles, key=lambda role: role.role)),
        tuple(policy for arn, policy in sorted(managed.items()) if arn in wanted),
    )


def _permissions(item: Mapping[str, Any]) -> RolePermissions:
    inline = (
        PolicyDocument(name=str(policy["PolicyName"]), document=trust_document(policy.get("PolicyDocument")))
        for policy in item.get("RolePolicyList", [])
    )
    return RolePermissions(
        role=str(item["Arn"]),
        inline=tuple(sorted(inline, key=lambda policy: policy.name)),
        attached=tuple(sorted(str(policy["PolicyArn"]) for policy in item.get("AttachedManagedPolicies", []))),
        boundary=text(item.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")),
    )


def _managed(item: Mapping[str, Any]) -> PolicyDocument:
    """Of a managed policy, the version that is in force."""
    versions = item.get("PolicyVersionList", [])
    document = next((version.get("Document") for version in versions if version.get("IsDefaultVersion")), None)
    return PolicyDocument(name=str(item["Arn"]), document=trust_document(document))


def read_provider_arns(reader: Reader) -> tuple[str, ...]:
    """Return the ARNs of the identity providers. Raises `CallFailed`."""
    answer = reader.call("iam:ListOpenIDConnectProviders")
    return tuple(sorted(str(item["Arn"]) for item in answer.data["OpenIDConnectProviderList"]))


def read_client_ids(reader: Reader, arn: str) -> tuple[str, ...]:
    """Return the audiences that an identity provider takes. Raises `CallFailed`."""
    data = reader.call("iam:GetOpenIDConnectProvider", {"OpenIDConnectProviderArn": arn}).data
    return tuple(sorted(map(str, data["ClientIDList"])))


def read_associations(reader: Reader, cluster: str) -> PodIdentityAssociations:
    """Return the Pod Identity associations of a cluster. Raises `CallFailed`."""
    found = reader.items("eks:ListPodIdentityAssociations", "associations", {"clusterName": cluster})
    associations = tuple(
        PodIdentityAssociation(
            arn=str(item["associationArn"]),
            namespace=str(item["namespace"]),
            service_account=str(item["serviceAccount"]),
            settings=_settings(reader, cluster, str(item["associationId"])),
        )
        for item in sorted(found, key=lambda item: str(item["associationArn"]))
    )
    return PodIdentityAssociations(sources=reader.sources, associations=associations)


def _settings(reader: Reader, cluster: str, identifier: str) -> AssociationSettings | Gap:
    params = {"clusterName": cluster, "associationId": identifier}

    def settings() -> AssociationSettings:
        data = reader.call("eks:DescribePodIdentityAssociation", params).data["association"]
        return AssociationSettings(
            role_arn=str(data["roleArn"]),
            target_role_arn=text(data.get("targetRoleArn")),
            session_tags=not data.get("disableSessionTags"),
        )

    return attempt(settings, f"the Pod Identity association {identifier}")
