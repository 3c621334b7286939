"""Costs of every kind: of logs that run, stopped, never expire, are too young, or are not priced."""

from datetime import timedelta
from decimal import Decimal

from tests.samples import DENIED, GB, NOW, changed, sheet, volume, volumes

from eksaminer.cost import Composition, InsightCost, Wanted, region_cost, totals
from eksaminer.evidence.collection import CallCount
from eksaminer.evidence.cost import SearchedGroup
from eksaminer.evidence.scan import Contribution
from eksaminer.findings import Cost, GapRow, TargetName
from eksaminer.gap import Cause, Gap
from eksaminer.outcome import Period

WANTED = Wanted(least_days=90, most_days=1_100)
TOO_RECENT = Gap(cause=Cause.TOO_RECENT, detail="/aws/eks/new/cluster has not been in use for a full day.")
CALLS = (CallCount(operation="eks:DescribeCluster", count=3), CallCount(operation="logs:StartQuery", count=1))
TYPES = {
    "/aws/eks/prod/cluster": {"audit": 80, "api": 12, "controllerManager": 5, "scheduler": 3},
    "/aws/eks/cheap/cluster": {"audit": 1},
}
SIZES = (
    Contribution(dimension="all", value="", events=7, bytes=100),
    Contribution(dimension="agent", value="kubectl", events=7, bytes=60),
    Contribution(dimension="user", value="alice", events=7, bytes=50),
    Contribution(dimension="verb", value="get", events=7, bytes=40),
    Contribution(dimension="resource", value="", events=7, bytes=30),
)
SEARCHED = SearchedGroup(
    log_group="/aws/eks/prod/cluster", queries=12, bytes=30 * GB, first=NOW - timedelta(days=7), last=NOW
)
MADE_OF = Composition(
    searches={SEARCHED.log_group: SEARCHED},
    types=TYPES,
    sizes={"/aws/eks/prod/cluster": SIZES, "/aws/eks/young/cluster": SIZES},
)
GROUPS = (
    volume("prod"),
    volume("young", daily=(None,) * 20 + (2 * GB,) * 10, retention_days=None, stored_bytes=90 * GB),
    volume("stopped", daily=(GB,) * 12 + (None,) * 18, retention_days=None),
    volume("silent", daily=(None,) * 30),
    volume("cheap", log_class="INFREQUENT_ACCESS", retention_days=90),
    volume("new", daily=(None,) * 30, too_recent=TOO_RECENT),
)
MEASURED = InsightCost(
    region="eu-central-1",
    type="ApiCallRateInsight",
    measured=Period(since=NOW - timedelta(days=30), until=NOW),
    complete=True,
    events=30_000,
    yearly_events=365_000,
    price=Decimal("0.35"),
    currency="USD",
    yearly=Decimal("1.277500"),
    analysts=("arn:aws:cloudtrail:eu-central-1:111122223333:trail/main",),
    hidden=False,
)
INSIGHTS = (
    MEASURED,
    changed(MEASURED, type="ApiErrorRateInsight", complete=False, analysts=()),
    changed(MEASURED, region="us-east-1", hidden=True, price=None, yearly=None),
    changed(MEASURED, region="us-west-2", analysts=("a", "b"), yearly_events=None, yearly=None),
)


def costs() -> Cost:
    """Return the cost of two regions, one of them without a price, and a third that could not be read."""
    full = sheet("eu-central-1", firehose=Decimal("0.03"), object_storage=Decimal("0.02"), insights=Decimal("0.35"))
    rest = changed(volumes(*GROUPS), everything=(100 * GB,) * 30)
    regions = (
        region_cost("eu-central-1", rest, full, WANTED, MADE_OF),
        region_cost("us-east-1", volumes(volume("far")), DENIED, WANTED),
        region_cost("us-west-2", volumes(volume("tables")), sheet("us-west-2", origin="table"), WANTED),
        region_cost("eu-west-1", volumes(volume("own")), sheet("eu-west-1", origin="file"), WANTED),
        region_cost("eu-west-2", volumes(volume("odd", log_class="ESSENTIALS")), sheet("eu-west-2"), WANTED),
    )
    target = TargetName(account="111122223333", region="eu-west-3", cluster="")
    missing = GapRow(
        target=target,
        section="log_volumes",
        cause=Cause.DENIED,
        permission="cloudwatch:GetMetricData",
        detail="Refused.",
    )
    capped = GapRow(
        target=TargetName(account="111122223333", region="us-west-2", cluster=""),
        section="log_types",
        cause=Cause.CAPPED,
        permission="",
        detail="The log types were not measured.",
    )
    return Cost(
        calls=CALLS,
        regions=regions,
        totals=totals(regions, whole=False),
        missing=(missing,),
        unseen=(capped,),
        insights=INSIGHTS,
    )


def plain() -> Cost:
    """Return the cost of one region of which everything is known."""
    regions = (region_cost("eu-central-1", volumes(volume("prod"), volume("legacy")), sheet(), WANTED),)
    return Cost(calls=CALLS, regions=regions, totals=totals(regions))


def unpriced() -> Cost:
    """Return the cost of one region that has no price."""
    return Cost(calls=CALLS, regions=(region_cost("us-east-1", volumes(), DENIED, WANTED),))
