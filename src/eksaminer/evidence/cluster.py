"""What EKS says of a cluster and of its control-plane logging."""

from datetime import datetime
from typing import ClassVar

from eksaminer.evidence.model import Calls, Section
from eksaminer.outcome import Resource, Scope

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
