"""What EKS says of a cluster and of its control-plane logging."""

from datetime import datetime
from typing import ClassVar

from eksaminer.evidence.model import Calls, Section
from eksaminer.gap import Gap
from eksaminer.outcome import Resource, Scope
from eksaminer.record import Record

LOG_TYPES = ("api", "audit", "authenticator", "controllerManager", "scheduler")
"""The control-plane log types of EKS (botocore model of eks, shape LogType; read 2026-11-23)."""


class Cluster(Section, frozen=True, kw_only=True):
    """A cluster as `DescribeCluster` gives it."""

    key: ClassVar[str] = "cluster"
    scope: ClassVar[Scope] = Scope.CLUSTER
    permissions: ClassVar[tuple[str, ...]] = ("eks:DescribeCluster",)
    calls: ClassVar[Calls] = Calls(per_cluster=1)

    arn: str
    name: str
    version: str
    """Kubernetes version, `1.33`."""
    status: str
    created_at: datetime
    endpoint: str
    issuer: str
    """The OIDC issuer without `https://`; empty: the cluster has none yet."""
    authentication_mode: str
    """`API`, `API_AND_CONFIG_MAP` or `CONFIG_MAP`; empty: not given by this region."""

    @property
    def resource(self) -> Resource:
        """The cluster as a resource."""
        return Resource(type="AWS::EKS::Cluster", id=self.arn)


class ControlPlaneLogging(Section, frozen=True, kw_only=True):
    """Which control-plane log types a cluster delivers to CloudWatch Logs.

    The union of `types` over the entries of `logging.clusterLogging` with `enabled: true`: EKS gives
    enabled and disabled types as separate entries, in no documented order. A cluster whose answer has no
    `logging` (it is being created, say) has a gap instead of this section.
    """

    key: ClassVar[str] = "control_plane_logging"
    scope: ClassVar[Scope] = Scope.CLUSTER
    permissions: ClassVar[tuple[str, ...]] = ("eks:DescribeCluster",)
    calls: ClassVar[Calls] = Calls(note="from the answer of the section cluster")

    cluster_arn: str
    enabled: frozenset[str]

    @property
    def resource(self) -> Resource:
        """The cluster as a resource."""
        return Resource(type="AWS::EKS::Cluster", id=self.cluster_arn)


MOST_UPDATES = 100
"""So many updates of a cluster are described, each by a call of its own."""


class LoggingUpdate(Record, frozen=True, kw_only=True):
    """An update of the control-plane logging, as EKS remembers it."""

    id: str
    time: datetime
    """When it was asked for."""
    status: str
    """`Successful`, `InProgress`, `Failed` or `Cancelled`."""
    on: frozenset[str]
    """The log types that it switched on."""
    off: frozenset[str]
    """The log types that it switched off."""
    errors: tuple[str, ...]
    """Codes of the errors of an update that failed."""


class LoggingUpdates(Section, frozen=True, kw_only=True):
    """The updates of the control-plane logging that EKS still lists.

    How long EKS lists an update is not documented: that none is here says nothing.
    """

    key: ClassVar[str] = "logging_updates"
    scope: ClassVar[Scope] = Scope.CLUSTER
    permissions: ClassVar[tuple[str, ...]] = ("eks:ListUpdates", "eks:DescribeUpdate")
    calls: ClassVar[Calls] = Calls(
        per_cluster=1, note=f"and one for each update that EKS lists, at most {MOST_UPDATES}"
    )

    updates: tuple[LoggingUpdate, ...]
    """By time."""
    unread: Gap | None
    """Why there may be more of them; None: all that EKS lists were read."""
