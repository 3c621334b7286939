"""Who asks, and which regions there are."""

from eksaminer.collect.aws.reader import Reader
from eksaminer.collect.session import Aws
from eksaminer.evidence.account import ClusterList
from eksaminer.evidence.collection import Identity

ENABLED = ("opt-in-not-required", "opted-in")


def read_identity(aws: Aws, region: str) -> tuple[Identity, str]:
    """Return who the credentials belong to, and the source. Raises `CallFailed`."""
    answer = aws.call("sts:GetCallerIdentity", region)
    arn = str(answer.data["Arn"])
    identity = Identity(
        account=str(answer.data["Account"]),
        arn=arn,
        user_id=str(answer.data["UserId"]),
        partition=arn.split(":")[1],
    )
    return identity, answer.source.id


def read_regions(reader: Reader) -> tuple[str, ...]:
    """Return the regions that the account has enabled. Raises `CallFailed`."""
    found = reader.call("ec2:DescribeRegions", {"AllRegions": False}).data["Regions"]
    enabled = {
        str(region["RegionName"]) for region in found if region.get("OptInStatus", "opt-in-not-required") in ENABLED
    }
    return tuple(sorted(enabled))


def read_clusters(reader: Reader) -> ClusterList:
    """Return the clusters of the region; all of them count as selected. Raises `CallFailed`."""
    names = tuple(sorted(map(str, reader.items("eks:ListClusters", "clusters"))))
    return ClusterList(sources=reader.sources, names=names, selected=names)
