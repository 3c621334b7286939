"""What logging costs: the volume and the prices of each region that has clusters, several regions at a time."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial

from eksaminer.collect.areas import Sections
from eksaminer.collect.aws.log_groups import list_groups
from eksaminer.collect.aws.prices import read_prices
from eksaminer.collect.aws.queries import read_history
from eksaminer.collect.aws.reader import Reader, from_milliseconds, text
from eksaminer.collect.discovery import Discovery, lost
from eksaminer.collect.gaps import attempt
from eksaminer.collect.volume import read_daily
from eksaminer.cost import too_recent
from eksaminer.evidence.account import ClusterList
from eksaminer.evidence.cost import MEASURED_DAYS, GroupVolume, LogPrices, LogVolumes, QueryHistory
from eksaminer.evidence.model import Section, Target
from eksaminer.gap import Gap
from eksaminer.outcome import Period

EVERYTHING = ""
SUFFIX = "/cluster"


def read_costs(found: Discovery) -> Mapping[Target, Sections]:
    """Return volumes and prices by region. Where no cluster was selected nothing is asked."""
    days = measured_days(found.clock.now())
    with_clusters = {target.region for target in found.selection.targets}
    regions = [target for target in found.found if target.region and not target.cluster]
    tasks: dict[tuple[Target, str], Callable[[], Section | Gap]] = {}
    sections: dict[Target, Sections] = {}
    for target in regions:
        if target.region in with_clusters:
            tasks[target, LogVolumes.key] = partial(_volumes, found, target, days)
            tasks[target, LogPrices.key] = partial(_prices, found, target)
            tasks[target, QueryHistory.key] = partial(_history, found, target)
        sections[target] = _not_asked(found.found[target].get(ClusterList.key), days)
    read = found.pool.run(tasks, lambda task: f"{task[0].region}: {task[1].replace('_', ' ')}")
    for target, key in tasks:
        sections[target][key] = read.get((target, key)) or lost(found.aws)
    return sections


def measured_days(now: datetime) -> Period:
    """Return the full UTC days before *now*."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return Period(since=midnight - timedelta(days=MEASURED_DAYS), until=midnight)


def _not_asked(clusters: Section | Gap | None, days: Period) -> Sections:
    volumes = LogVolumes(since=days.since, until=days.until, groups=(), everything=())
    if isinstance(clusters, Gap):
        return {LogVolumes.key: clusters, LogPrices.key: clusters, QueryHistory.key: clusters}
    return {
        LogVolumes.key: volumes,
        LogPrices.key: LogPrices(sheet=None),
        QueryHistory.key: QueryHistory(groups=()),
    }


def _volumes(found: Discovery, target: Target, days: Period) -> LogVolumes | Gap:
    reader = Reader(found.aws, target.region)

    def read() -> LogVolumes:
        groups = {name: group for name, group in list_groups(reader).items() if name.endswith(SUFFIX)}
        daily = read_daily(reader, [EVERYTHING, *sorted(groups)], days)
        volumes = tuple(
            GroupVolume(
                name=name,
                created_at=from_milliseconds(group["creationTime"]),
                retention_days=group.get("retentionInDays"),
                log_class=text(group.get("logGroupClass") or "STANDARD"),
                stored_bytes=int(group.get("storedBytes") or 0),
                daily=daily[name],
                too_recent=too_recent(name, from_milliseconds(group["creationTime"]), daily[name], days.until),
            )
            for name, group in sorted(groups.items())
        )
        return LogVolumes(
            sources=reader.sources, since=days.since, until=days.until, groups=volumes, everything=daily[EVERYTHING]
        )

    return attempt(read, f"the volume of the logs in {target.region}")


def _history(found: Discovery, target: Target) -> QueryHistory | Gap:
    what = f"the queries that were run in {target.region}"
    return attempt(lambda: read_history(Reader(found.aws, target.region)), what)


def _prices(found: Discovery, target: Target) -> LogPrices | Gap:
    today = found.clock.now().date()
    return attempt(
        lambda: read_prices(found.aws, target.region, target.partition, today), f"the prices in {target.region}"
    )
