"""The service accounts that took roles, placed in the clusters that they belong to. For CT-06."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from eksaminer.api import (
    Cluster,
    Every,
    Gap,
    KubernetesObjects,
    PodIdentityAssociation,
    PodIdentityAssociations,
    Resource,
    Seen,
    ServiceAccount,
    TakenRole,
    Target,
    WorkloadCalls,
    issuer_of,
    parts,
    shown,
)

S = TypeVar("S")
MOST_APIS = 30
"""So many APIs stand beside a verdict; the evidence lists more."""


@dataclass(frozen=True, slots=True)
class Caller:
    """A service account, its cluster, and a role that it asked for."""

    taken: TakenRole
    target: Target
    cluster: Cluster
    name: tuple[str, str]
    """Namespace and name."""

    @property
    def shown(self) -> str:
        """`NAMESPACE/NAME`."""
        return shown(self.taken.subject)

    @property
    def resource(self) -> Resource:
        """The service account as a resource."""
        namespace, name = self.name
        return Resource(type="Kubernetes::ServiceAccount", id=f"{self.cluster.arn}/{namespace}/{name}")


@dataclass(frozen=True, slots=True)
class Known:
    """The clusters of the account, and what is known of each."""

    clusters: Every[Cluster]
    objects: Every[KubernetesObjects]
    associations: Every[PodIdentityAssociations]

    def caller(self, taken: TakenRole) -> Caller | None:
        """Return who took the role; None: it belongs to no cluster that was seen, or is no service account."""
        name = parts(taken.subject)
        for target, cluster in self.clusters.items:
            theirs = (
                taken.cluster == cluster.arn if taken.way == "pods" else cluster.issuer == issuer_of(taken.provider)
            )
            if name is not None and theirs and (cluster.issuer or taken.way == "pods"):
                return Caller(taken, target, cluster, name)
        return None

    def account(self, caller: Caller) -> ServiceAccount | Gap | None:
        """Return the service account as it is today; None: it does not exist."""
        found = self.objects_of(caller.target)
        accounts = found if isinstance(found, Gap) else found.service_accounts
        if isinstance(accounts, Gap):
            return accounts
        return next((item for item in accounts if (item.namespace, item.name) == caller.name), None)

    def objects_of(self, target: Target) -> KubernetesObjects | Gap:
        """Return the objects of a cluster, or why they were not read."""
        return _of(target, dict(self.objects.items), dict(self.objects.gaps))

    def association(self, caller: Caller) -> PodIdentityAssociation | Gap | None:
        """Return the association that gives the service account the role; None: there is none today."""
        found = _of(caller.target, dict(self.associations.items), dict(self.associations.gaps))
        if isinstance(found, Gap):
            return found
        own = [item for item in found.associations if (item.namespace, item.service_account) == caller.name]
        for item in own:
            if isinstance(item.settings, Gap):
                return item.settings
            if caller.taken.role in (item.settings.role_arn, item.settings.target_role_arn):
                return item
        return None


def _of(target: Target, items: Mapping[Target, S], gaps: Mapping[Target, Gap]) -> S | Gap:
    return items[target] if target in items else gaps[target]


def seen(taken: TakenRole, calls: WorkloadCalls) -> Seen:
    """Return what was observed: how often, when, from where, and what was called."""
    return {
        "role": taken.role,
        "granted": taken.granted,
        "refused": taken.refused,
        "first": taken.first,
        "last": taken.last,
        "regions": taken.regions,
        "addresses": taken.addresses,
        "events": taken.events,
        "called": _called(taken) if calls.origin == "files" else ("not looked up: --cloudtrail reads it from files",),
    }


def _called(taken: TakenRole) -> tuple[str, ...]:
    lines = [
        f"{api.source.partition('.')[0]}:{api.name} in {api.region}, {api.count:,} times"
        + (f" ({api.refused:,} failed)" if api.refused else "")
        + (f", as {api.role.rpartition('/')[2]}" if api.role != taken.role else "")
        + f", {api.first:%Y-%m-%d %H:%M} to {api.last:%Y-%m-%d %H:%M} UTC, from {', '.join(api.addresses[:3])}"
        for api in taken.apis[:MOST_APIS]
    ]
    more = len(taken.apis) - len(lines) + taken.more_apis
    return (*lines, f"{more:,} more") if more else tuple(lines) or ("nothing",)
