"""What a run would read, and what that takes: said before anything but the inventory is read."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from eksaminer.collect.aws.prices import read_prices
from eksaminer.collect.aws.reader import Reader
from eksaminer.collect.buckets import SCHEME
from eksaminer.collect.clock import Clock, SystemClock
from eksaminer.collect.discovery import Discovery, lost
from eksaminer.collect.gaps import attempt
from eksaminer.collect.log_types import QUERIES
from eksaminer.collect.prices import scan_cost
from eksaminer.collect.progress import Progress, Silent
from eksaminer.collect.request import CollectRequest, split_by_cluster
from eksaminer.collect.volume import Volume, read_volumes
from eksaminer.evidence.account import ClusterList
from eksaminer.evidence.collection import Excluded, Identity
from eksaminer.evidence.cost import LogTypes, PriceSheet
from eksaminer.evidence.kubernetes import KubernetesObjects
from eksaminer.evidence.log_group import group_name
from eksaminer.evidence.lookups import MOST_CALLS, CloudTrailEvents
from eksaminer.evidence.model import Section, Target
from eksaminer.evidence.scan import AuditLogScan, CloudTrailScan
from eksaminer.evidence.sections import SECTIONS
from eksaminer.evidence.trail_digests import TrailDigests
from eksaminer.evidence.trail_insights import InsightEvents
from eksaminer.evidence.workloads import WorkloadCalls
from eksaminer.gap import Cause, Gap
from eksaminer.outcome import Period
from eksaminer.record import Record

SECONDS_PER_CALL = 0.1
AT_ONCE = 10
SECONDS_PER_QUERY = 10
LOOKUPS_PER_SECOND = 2
BYTES_PER_SECOND = 500_000_000
"""Assumptions of the estimated time: an answer takes 0.1 s, ten are under way, a query takes 10 s and 2 s per GB."""


class Unlisted(Record, frozen=True, kw_only=True):
    """A region of which something is not known: its clusters, or its prices."""

    region: str
    gap: Gap


class LogVolume(Record, frozen=True, kw_only=True):
    """How much log of a cluster would be searched, each time that it is."""

    target: Target
    bytes: int | Gap


class Plan(Record, frozen=True, kw_only=True):
    """What would be read."""

    identity: Identity
    regions: tuple[str, ...]
    enabled: tuple[str, ...] | Gap
    clusters: tuple[Target, ...]
    excluded: tuple[Excluded, ...]
    unlisted: tuple[Unlisted, ...]
    calls: int
    """AWS calls; one trail per account is assumed, and for each cluster a key, an identity provider, a metric filter
    and a topic."""
    kubernetes_requests: int
    minutes: int
    """Rounded up."""
    events: Period | None
    """The window of events; None: what the given files hold."""
    volumes: tuple[LogVolume, ...]
    """Empty: no log would be searched in CloudWatch."""
    scan_limit_gb: float
    cost_usd: float | None
    """Of searching the logs whose volume is known; None: not priced in one of the regions, or not in US dollars."""
    cost: float | None
    """The same in `currency`."""
    currency: str
    """Empty: no price is known."""
    prices_of: str
    """The date of the oldest price; empty: none is known."""
    unpriced: tuple[Unlisted, ...]
    """Regions in which no price of a search is known, and why."""
    lookups: int
    """Calls of LookupEvents in each region at most, two a second; 0: no event would be looked up."""
    cloudtrail: tuple[str, ...]
    """The files of CloudTrail that would be read."""
    permissions: Mapping[str, tuple[str, ...]]
    """Actions by tier: config, activity, kubernetes."""


class Estimate(Record, frozen=True, kw_only=True):
    """What reading so many clusters takes."""

    calls: int
    kubernetes_requests: int
    queries: int
    lookups: int
    """Calls of LookupEvents in a region at most: those of the regions are made side by side."""

    def minutes(self, scanned: int = 0) -> int:
        """Return the time in minutes, rounded up, if the queries scan so many bytes."""
        seconds = (self.calls + self.kubernetes_requests) * SECONDS_PER_CALL / AT_ONCE
        seconds += self.lookups / LOOKUPS_PER_SECOND
        seconds += SECONDS_PER_QUERY * bool(self.queries) + scanned / BYTES_PER_SECOND
        return max(1, math.ceil(seconds / 60))


@dataclass(frozen=True, slots=True)
class _Cost:
    """What searching the logs costs."""

    amount: float | None
    currency: str
    prices_of: str

    @classmethod
    def of(cls, scanned: Mapping[str, int], sheets: Sequence[PriceSheet]) -> "_Cost":
        """Price the bytes *scanned* by region; amounts of several currencies have no sum."""
        currencies = sorted({sheet.currency for sheet in sheets})
        each = {sheet.region: sheet.scan for sheet in sheets if sheet.scan is not None}
        return cls(
            amount=scan_cost(scanned, each) if len(currencies) <= 1 else None,
            currency=", ".join(currencies),
            prices_of=min((sheet.date.isoformat() for sheet in sheets), default=""),
        )


def plan(request: CollectRequest, *, clock: Clock | None = None, progress: Progress | None = None) -> Plan:
    """Say what `collect` would read for *request*.

    Only the identity, the regions, the names of the clusters, the volume of their logs and the public prices of
    searching them are asked for; no configuration and no log is read.

    Raises:
        EksaminerError: Nothing could be collected, or something asked for does not exist.
    """
    found = Discovery(request, clock or SystemClock(), progress or Silent())
    found.discover([ClusterList.key])
    targets = found.selection.targets
    exports = split_by_cluster(request.logs, "--logs", "audit-logs/", targets)
    dumps = split_by_cluster(request.kubernetes_dumps, "--kubernetes-dump", "objects/", targets)
    live = targets if request.live_logs and not exports else ()
    times = bool(live) + request.log_types * len(QUERIES)
    volumes = tuple(volume for region in found.regions for volume in _volumes(found, region, targets, times))
    scanned = _by_region(volumes)
    estimate = estimated(found, live=bool(live), dumps=len(dumps))
    prices = _prices(found, [region for region, size in scanned.items() if size])
    cost = _Cost.of(scanned, [sheet for sheet in prices.values() if isinstance(sheet, PriceSheet)])
    window = found.window if times or request.since or request.until else None
    return Plan(
        identity=found.identity,
        regions=found.regions,
        enabled=found.account_regions.enabled,
        clusters=targets,
        excluded=tuple(Excluded(target=target, reason=reason) for target, reason in found.selection.excluded),
        unlisted=tuple(Unlisted(region=region, gap=gap) for region, gap in found.unlisted.items()),
        calls=estimate.calls,
        kubernetes_requests=estimate.kubernetes_requests,
        minutes=estimate.minutes(sum(scanned.values())),
        events=window,
        volumes=volumes,
        scan_limit_gb=request.max_scan_gb,
        cost_usd=cost.amount if cost.currency == "USD" else None,
        cost=cost.amount,
        currency=cost.currency,
        prices_of=cost.prices_of,
        unpriced=tuple(Unlisted(region=region, gap=gap) for region, gap in prices.items() if isinstance(gap, Gap)),
        lookups=estimate.lookups,
        cloudtrail=request.cloudtrail,
        permissions=_permissions(request, live=bool(live)),
    )


def estimated(found: Discovery, *, live: bool, dumps: int) -> Estimate:
    """Return what reading takes, by the formulas of the sections."""
    regions, clusters = len(found.regions), len(found.selection.targets)
    with_clusters = len({target.region for target in found.selection.targets})
    calls = 1  # sts:GetCallerIdentity
    for section in SECTIONS.values():
        if section.tier != "activity" or _looked_up(section, found.request):
            formula = section.calls
            calls += formula.per_account + formula.per_trail + formula.per_region * regions
            each = formula.per_cluster + formula.per_key + formula.per_provider + formula.per_filter + formula.per_topic
            calls += each * clusters
    queries = AuditLogScan.calls.per_region * with_clusters if live else 0
    asked = 0 if found.request.kubernetes == "off" else max(0, clusters - dumps)
    return Estimate(
        calls=calls + queries,
        kubernetes_requests=asked * len(KubernetesObjects.permissions),
        queries=queries,
        lookups=MOST_CALLS if found.request.live_logs else 0,
    )


def _looked_up(section: type[Section], request: CollectRequest) -> bool:
    """Whether a section of activity is one that CloudTrail itself is asked for."""
    return section in {CloudTrailEvents, InsightEvents} and request.live_logs


def headline(found: Discovery, estimate: Estimate) -> str:
    """Return the first line of a run: who reads what, and what it takes."""
    clusters = len(found.selection.targets)
    kubernetes = f" and {estimate.kubernetes_requests} Kubernetes requests" if estimate.kubernetes_requests else ""
    minutes = estimate.minutes()
    return (
        f"{found.identity.arn}: account {found.identity.account}, {_count(len(found.regions), 'region')}, "
        f"{_count(clusters, 'cluster')}; about {_count(estimate.calls, 'AWS call')}{kubernetes}, "
        f"{_count(minutes, 'minute')}."
    )


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _volumes(found: Discovery, region: str, clusters: Sequence[Target], times: int) -> list[LogVolume]:
    """Return how much is read of each log: it is searched as many *times* by the queries."""
    targets = [target for target in clusters if target.region == region]
    names = [group_name(target.cluster) for target in targets]
    if not names or not times:
        return []
    reader = Reader(found.aws, region)
    known: Mapping[str, Volume] | Gap = attempt(
        lambda: read_volumes(reader, names, found.window), f"the volume of the logs in {region}"
    )
    return [
        LogVolume(
            target=target, bytes=known if isinstance(known, Gap) else times * known[group_name(target.cluster)].bytes
        )
        for target in targets
    ]


def _prices(found: Discovery, regions: Sequence[str]) -> dict[str, PriceSheet | Gap]:
    """Return what a search costs in each of *regions*, from the price list that the run itself would ask."""
    tasks = {region: partial(_price, found, region) for region in regions}
    read = found.pool.run(tasks, lambda region: f"{region}: prices")
    return {region: read.get(region) or lost(found.aws) for region in regions}


def _price(found: Discovery, region: str) -> PriceSheet | Gap:
    partition, today = found.identity.partition, found.clock.now().date()
    prices = attempt(
        lambda: read_prices(found.aws, region, partition, today, logs_alone=True), f"the prices in {region}"
    )
    if isinstance(prices, Gap):
        return prices
    if prices.sheet is None or prices.sheet.scan is None:
        return Gap(cause=Cause.NOT_OBSERVABLE, detail=f"No price of a search is known in {region}.")
    return prices.sheet


def _by_region(volumes: Sequence[LogVolume]) -> dict[str, int]:
    regions: dict[str, int] = {}
    for volume in volumes:
        if isinstance(volume.bytes, int):
            regions[volume.target.region] = regions.get(volume.target.region, 0) + volume.bytes
    return regions


def _permissions(request: CollectRequest, *, live: bool) -> dict[str, tuple[str, ...]]:
    unused: set[type[Section]] = set()
    unused |= set() if live else {AuditLogScan}
    unused |= set() if request.live_logs else {CloudTrailEvents, InsightEvents}
    unused |= set() if request.log_types else {LogTypes}
    unused |= set() if request.live_logs and not request.cloudtrail else {WorkloadCalls}
    unused |= set() if any(path.startswith(SCHEME) for path in request.cloudtrail) else {CloudTrailScan}
    unused |= set() if any(Path(path).is_dir() for path in request.cloudtrail) else {TrailDigests}
    unused |= {KubernetesObjects} if request.kubernetes == "off" else set()
    tiers: dict[str, set[str]] = {}
    for section in SECTIONS.values():
        if section not in unused:
            tiers.setdefault(section.tier, set()).update(section.permissions)
    if live or request.log_types:
        tiers["activity"].add("logs:StopQuery")
    return {tier: tuple(sorted(actions)) for tier, actions in sorted(tiers.items())}
