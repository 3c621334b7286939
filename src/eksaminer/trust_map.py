"""Who may assume the roles of workloads, and what these may reach: what the report shows as table and graph."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from eksaminer.access import Access, access_of
from eksaminer.evidence.cluster import Cluster
from eksaminer.evidence.collection import Collection
from eksaminer.evidence.iam import (
    AssociationSettings,
    IamRole,
    IamRoles,
    OidcProviders,
    PodIdentityAssociation,
    PodIdentityAssociations,
    RolePolicies,
)
from eksaminer.evidence.kubernetes import KubernetesObjects
from eksaminer.evidence.model import Target
from eksaminer.findings import Finding, TargetName, TrustedAccount, TrustRow
from eksaminer.gap import Gap
from eksaminer.outcome import Scope
from eksaminer.trust import (
    Issuer,
    Reach,
    TrustPolicy,
    Width,
    audiences_of,
    issuer_kind,
    issuer_of,
    read_policy,
    shown,
    trusts_pods,
    widest_audience,
)

BY_PROVIDER, BY_ASSOCIATION = "IRSA-01", "IRSA-07"
"""The checks that judge a trust by web identity, and one by Pod Identity."""

Admits = Literal[
    "nobody", "named", "wider_named", "namespace", "namespaces", "everyone", "undecided", "associated", "unreadable"
]
_ADMITS: Mapping[Width, Admits] = {
    Width.NOBODY: "nobody",
    Width.NAMED: "wider_named",
    Width.NAMESPACE: "namespace",
    Width.NAMESPACES: "namespaces",
    Width.EVERYONE: "everyone",
    Width.UNDECIDED: "undecided",
}


def trust_map(collection: Collection, findings: Sequence[Finding]) -> tuple[TrustRow, ...]:
    """Return every trust of every account of *collection*, with its verdict among *findings*."""
    rows: list[TrustRow] = []
    for target in collection.targets:
        roles = collection.get(target, IamRoles) if target.scope is Scope.ACCOUNT else None
        if isinstance(roles, IamRoles):
            clusters = collection.every(target, Cluster).items
            account = _Account(
                collection=collection,
                target=target,
                roles=roles,
                policies=collection.get(target, RolePolicies),
                providers=collection.get(target, OidcProviders),
                issuers={cluster.issuer: place for place, cluster in clusters if cluster.issuer},
                verdicts=_verdicts(target, findings),
            )
            rows += account.rows()
    return tuple(sorted(rows, key=lambda row: (row.account, row.role, row.via, row.provider)))


def _verdicts(target: Target, findings: Sequence[Finding]) -> dict[tuple[str, str, str], Finding]:
    return {
        (item.check, item.resource.id, item.discriminator): item
        for item in findings
        if item.check in (BY_PROVIDER, BY_ASSOCIATION) and item.target.account == target.account
    }


@dataclass(frozen=True, slots=True)
class _Account:
    """One account at work."""

    collection: Collection
    target: Target
    roles: IamRoles
    policies: RolePolicies | Gap
    providers: OidcProviders | Gap
    issuers: Mapping[str, Target]
    """The clusters that were seen, by issuer."""
    verdicts: Mapping[tuple[str, str, str], Finding]

    def rows(self) -> Iterator[TrustRow]:
        associated = self._associations()
        for role in self.roles.roles:
            policy = read_policy(role.trust_policy)
            if isinstance(policy, str):
                yield self._row(role, "unreadable", "", (BY_PROVIDER, role.arn, ""), admits="unreadable")
                continue
            for provider in policy.providers:
                yield self._by_provider(role, policy, provider)
            if trusts_pods(policy):
                yield from self._by_association(role, associated.get(role.arn, ()))

    def _row(
        self,
        role: IamRole,
        via: Literal["eks", "pod_identity", "other_provider", "unreadable"],
        provider: str,
        verdict: tuple[str, str, str],
        *,
        cluster: Target | None = None,
        accounts: tuple[TrustedAccount, ...] = (),
        admits: Admits = "associated",
        certain: bool = True,
        witness: str = "",
    ) -> TrustRow:
        finding = self.verdicts.get(verdict)
        return TrustRow(
            account=self.target.account,
            role=role.arn,
            via=via,
            provider=provider,
            cluster=None if cluster is None else _name(cluster),
            accounts=accounts,
            admits=admits,
            certain=certain,
            witness=witness,
            status=finding.status if finding else None,
            finding=finding.id if finding else "",
            access=self._access(role),
        )

    def _access(self, role: IamRole) -> Access | None:
        return None if isinstance(self.policies, Gap) else access_of(self.policies, role.arn)

    def _by_provider(self, role: IamRole, policy: TrustPolicy, provider: str) -> TrustRow:
        audiences = audiences_of(policy, provider, self._client_ids(provider))
        audience = widest_audience(policy, provider, audiences)
        reach, named = policy.reach(provider, audience), policy.named(provider)
        wider = policy.is_wider(provider, audience)
        cluster = self.issuers.get(issuer_of(provider))
        return self._row(
            role,
            "eks" if issuer_kind(provider) is Issuer.EKS or cluster is not None else "other_provider",
            provider,
            (BY_PROVIDER, role.arn, provider),
            cluster=cluster,
            accounts=self._accounts(role, named, reach, cluster),
            admits=_ADMITS[reach.width] if wider or reach.width is Width.NOBODY else "named",
            certain=not reach.is_decided or reach.is_certain,
            witness=shown(reach.beyond(named) or "") if wider and reach.is_decided else "",
        )

    def _client_ids(self, provider: str) -> tuple[str, ...] | None:
        found = None if isinstance(self.providers, Gap) else self.providers.find(provider)
        return None if found is None or isinstance(found.client_ids, Gap) else found.client_ids or None

    def _accounts(
        self, role: IamRole, named: tuple[str, ...], reach: Reach, cluster: Target | None
    ) -> tuple[TrustedAccount, ...]:
        objects = self.collection.get(cluster, KubernetesObjects) if cluster else None
        annotated = _annotated(objects, role.arn)
        pods = _pods(objects)
        names = {shown(subject) for subject in named if subject in reach}
        return tuple(
            TrustedAccount(
                name=name,
                named=name in names,
                annotated=None if annotated is None else name in annotated,
                pods=None if pods is None else pods[name],
            )
            for name in sorted(names | (annotated or set()))
        )

    def _associations(self) -> dict[str, list[tuple[Target, PodIdentityAssociation]]]:
        found: dict[str, list[tuple[Target, PodIdentityAssociation]]] = {}
        for cluster, section in self.collection.every(self.target, PodIdentityAssociations).items:
            for item in section.associations:
                if isinstance(item.settings, AssociationSettings):
                    found.setdefault(item.settings.role_arn, []).append((cluster, item))
        return found

    def _by_association(
        self, role: IamRole, associated: Sequence[tuple[Target, PodIdentityAssociation]]
    ) -> Iterator[TrustRow]:
        of_role = (BY_ASSOCIATION, role.arn, "")
        if not associated:
            yield self._row(role, "pod_identity", "", of_role)
        for cluster, item in associated:
            pods = _pods(self.collection.get(cluster, KubernetesObjects))
            name = f"{item.namespace}/{item.service_account}"
            account = TrustedAccount(name=name, named=True, annotated=None, pods=None if pods is None else pods[name])
            own = (BY_ASSOCIATION, item.arn, "")
            graver = _graver(self.verdicts.get(own), self.verdicts.get(of_role))
            yield self._row(
                role, "pod_identity", item.arn, of_role if graver else own, cluster=cluster, accounts=(account,)
            )


def _name(target: Target) -> TargetName:
    return TargetName(account=target.account, region=target.region, cluster=target.cluster)


_GRAVITY = ("fail", "review", "not_assessed", "pass", "not_applicable")


def _graver(association: Finding | None, role: Finding | None) -> bool:
    """Return whether the verdict about the role is graver than the one about the association."""
    if role is None or association is None:
        return association is None
    return _GRAVITY.index(role.status.value) < _GRAVITY.index(association.status.value)


def _annotated(objects: KubernetesObjects | Gap | None, role: str) -> set[str] | None:
    if not isinstance(objects, KubernetesObjects) or isinstance(objects.service_accounts, Gap):
        return None
    return {f"{item.namespace}/{item.name}" for item in objects.service_accounts if item.role_arn == role}


def _pods(objects: KubernetesObjects | Gap | None) -> Counter[str] | None:
    if not isinstance(objects, KubernetesObjects) or isinstance(objects.pods, Gap):
        return None
    return Counter(f"{pod.namespace}/{pod.service_account or 'default'}" for pod in objects.pods)
