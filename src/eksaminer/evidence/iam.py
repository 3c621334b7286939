"""Who may assume the roles of the account: trust policies, identity providers, Pod Identity associations."""

from typing import ClassVar

from eksaminer.evidence.model import Calls, Section
from eksaminer.gap import Gap
from eksaminer.outcome import Resource, Scope
from eksaminer.record import Record


class IamRole(Record, frozen=True, kw_only=True):
    """A role whose trust policy speaks of a web identity or of EKS Pod Identity, or cannot be read."""

    arn: str
    name: str
    path: str
    trust_policy: str
    """The trust policy as canonical JSON; as IAM gave it where it is no JSON."""

    @property
    def resource(self) -> Resource:
        """The role as a resource."""
        return Resource(type="AWS::IAM::Role", id=self.arn)


class IamRoles(Section, frozen=True, kw_only=True):
    """The roles that workloads of clusters, or other web identities, may assume."""

    key: ClassVar[str] = "iam_roles"
    scope: ClassVar[Scope] = Scope.ACCOUNT
    permissions: ClassVar[tuple[str, ...]] = ("iam:ListRoles",)
    calls: ClassVar[Calls] = Calls(per_account=1, note="one more per further 1,000 roles")

    roles: tuple[IamRole, ...]
    """Sorted by ARN."""
    others: tuple[str, ...]
    """ARNs of all other roles: they exist, and trust neither."""


class PolicyDocument(Record, frozen=True, kw_only=True):
    """A permission policy."""

    name: str
    """Its ARN, or the name of an inline policy."""
    document: str
    """Canonical JSON; as IAM gave it where it is no JSON."""


class RolePermissions(Record, frozen=True, kw_only=True):
    """What is attached to a role."""

    role: str
    """Its ARN."""
    inline: tuple[PolicyDocument, ...]
    """Sorted by name."""
    attached: tuple[str, ...]
    """ARNs of the managed policies; sorted."""
    boundary: str
    """ARN of the permissions boundary; empty: none."""


class RolePolicies(Section, frozen=True, kw_only=True):
    """What the roles that workloads may assume are allowed to do: one listing, instead of five calls for each role."""

    key: ClassVar[str] = "role_policies"
    scope: ClassVar[Scope] = Scope.ACCOUNT
    permissions: ClassVar[tuple[str, ...]] = ("iam:GetAccountAuthorizationDetails",)
    calls: ClassVar[Calls] = Calls(per_account=1, note="one more per further 1,000 roles and policies")

    roles: tuple[RolePermissions, ...]
    """Of the roles that trust a web identity or Pod Identity; sorted by ARN."""
    managed: tuple[PolicyDocument, ...]
    """The managed policies that are attached to them or bound them; sorted by ARN."""

    def managed_policy(self, arn: str) -> PolicyDocument | None:
        """Return a managed policy; None: IAM did not give it."""
        return next((policy for policy in self.managed if policy.name == arn), None)


class OidcProvider(Record, frozen=True, kw_only=True):
    """An OpenID Connect identity provider of the account."""

    arn: str
    issuer: str
    """The issuer without `https://`."""
    client_ids: tuple[str, ...] | Gap
    """The audiences that it takes."""

    @property
    def resource(self) -> Resource:
        """The provider as a resource."""
        return Resource(type="AWS::IAM::OIDCProvider", id=self.arn)


class OidcProviders(Section, frozen=True, kw_only=True):
    """All OpenID Connect identity providers of the account."""

    key: ClassVar[str] = "oidc_providers"
    scope: ClassVar[Scope] = Scope.ACCOUNT
    permissions: ClassVar[tuple[str, ...]] = ("iam:ListOpenIDConnectProviders", "iam:GetOpenIDConnectProvider")
    calls: ClassVar[Calls] = Calls(per_account=1, per_provider=1)

    providers: tuple[OidcProvider, ...]
    """Sorted by ARN."""

    def find(self, arn: str) -> OidcProvider | None:
        """Return the provider with this ARN; None: the account has none."""
        return next((provider for provider in self.providers if provider.arn == arn), None)


class AssociationSettings(Record, frozen=True, kw_only=True, tag="association_settings", tag_field="is"):
    """What `DescribePodIdentityAssociation` adds."""

    role_arn: str
    target_role_arn: str
    """A role that is assumed with the first one, in another account perhaps; empty: none."""
    session_tags: bool
    """Whether sessions carry the tags of the workload (`disableSessionTags` is off)."""


class PodIdentityAssociation(Record, frozen=True, kw_only=True):
    """A service account and the role that EKS Pod Identity gives it."""

    arn: str
    namespace: str
    service_account: str
    settings: AssociationSettings | Gap

    @property
    def resource(self) -> Resource:
        """The association as a resource."""
        return Resource(type="AWS::EKS::PodIdentityAssociation", id=self.arn)


class PodIdentityAssociations(Section, frozen=True, kw_only=True):
    """The Pod Identity associations of a cluster."""

    key: ClassVar[str] = "pod_identity_associations"
    scope: ClassVar[Scope] = Scope.CLUSTER
    permissions: ClassVar[tuple[str, ...]] = (
        "eks:ListPodIdentityAssociations",
        "eks:DescribePodIdentityAssociation",
    )
    calls: ClassVar[Calls] = Calls(
        per_cluster=1, note="one more per further 100 associations, and one for each association"
    )

    associations: tuple[PodIdentityAssociation, ...]
    """Sorted by ARN."""
