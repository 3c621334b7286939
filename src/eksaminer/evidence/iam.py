"""Who may assume the roles of the account: trust policies, identity providers, Pod Identity associations."""

from typing import ClassVar

from eksaminer.evidence.model import Calls, Section
from eksaminer.gap import Gap
from eksaminer.outcome import Resource, Scope
from eksaminer.record import Record

ADMINISTRATIVE = ("AdministratorAccess", "IAMFullAccess", "PowerUserAccess")
"""Managed policies of AWS that let a role do everything, or give itself everything."""


class AttachedPolicies(Record, frozen=True, kw_only=True, tag="attached_policies", tag_field="is"):
    """The managed policies of a role, as far as their names tell; inline policies are not read."""

    asked: bool
    """False: not asked, since the trust policy admits no more than it names and nothing turns on it."""
    administrative: tuple[str, ...]
    """Names of the attached policies that are in `ADMINISTRATIVE`; sorted."""
    others: int
    """How many further managed policies are attached: what they allow is not read."""


class IamRole(Record, frozen=True, kw_only=True):
    """A role whose trust policy speaks of a web identity or of EKS Pod Identity, or cannot be read."""

    arn: str
    name: str
    path: str
    trust_policy: str
    """The trust policy as canonical JSON; as IAM gave it where it is no JSON."""
    policies: AttachedPolicies | Gap

    @property
    def privileged(self) -> bool | Gap:
        """Whether the role is known to be an administrator's; False: no policy is known to make it one."""
        return self.policies if isinstance(self.policies, Gap) else bool(self.policies.administrative)

    @property
    def resource(self) -> Resource:
        """The role as a resource."""
        return Resource(type="AWS::IAM::Role", id=self.arn)


class IamRoles(Section, frozen=True, kw_only=True):
    """The roles that workloads of clusters, or other web identities, may assume."""

    key: ClassVar[str] = "iam_roles"
    scope: ClassVar[Scope] = Scope.ACCOUNT
    permissions: ClassVar[tuple[str, ...]] = ("iam:ListRoles", "iam:ListAttachedRolePolicies")
    calls: ClassVar[Calls] = Calls(
        per_account=1,
        per_wide_role=1,
        note="one more per further 1,000 roles; policies are read only of roles that admit more than they name",
    )

    roles: tuple[IamRole, ...]
    """Sorted by ARN."""
    others: tuple[str, ...]
    """ARNs of all other roles: they exist, and trust neither."""


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
