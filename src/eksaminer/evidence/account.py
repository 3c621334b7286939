"""What is known of an account and of the regions in it."""

from typing import ClassVar

from eksaminer.evidence.model import Calls, Section
from eksaminer.gap import Gap
from eksaminer.outcome import Scope


class AccountRegions(Section, frozen=True, kw_only=True):
    """Which regions the account has enabled, and which of them were asked for."""

    key: ClassVar[str] = "account_regions"
    scope: ClassVar[Scope] = Scope.ACCOUNT
    permissions: ClassVar[tuple[str, ...]] = ("ec2:DescribeRegions",)
    calls: ClassVar[Calls] = Calls(per_account=1, note="plus sts:GetCallerIdentity, which needs no permission")

    enabled: tuple[str, ...] | Gap
    """In alphabetical order."""
    selected: tuple[str, ...]
    """Those that this run looked at: `--region`, or all enabled ones."""
    regions_named: bool = False
    """The user named the regions: which others are enabled does not bear on what was asked for."""
    clusters_named: bool = False
    """The user named the clusters: which others there are does not either."""


class ClusterList(Section, frozen=True, kw_only=True):
    """The EKS clusters of a region."""

    key: ClassVar[str] = "cluster_list"
    scope: ClassVar[Scope] = Scope.REGION
    permissions: ClassVar[tuple[str, ...]] = ("eks:ListClusters",)
    calls: ClassVar[Calls] = Calls(per_region=1, note="one more per further 100 clusters")

    names: tuple[str, ...]
    """All of them."""
    selected: tuple[str, ...]
    """Those that `--cluster` and the scope leave."""
