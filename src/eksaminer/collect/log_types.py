"""What each log type makes of the logs: one counting query per region, whose cost is said before it runs."""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial

from eksaminer.collect.aws.reader import Reader
from eksaminer.collect.discovery import Discovery, lost
from eksaminer.collect.gaps import attempt
from eksaminer.collect.insights import MAX_GROUPS, Insights
from eksaminer.collect.live import scan_notice
from eksaminer.collect.prices import GB
from eksaminer.collect.volume import Volume
from eksaminer.evidence.cost import LogTypes, LogVolumes, TypeVolume, log_type
from eksaminer.evidence.model import Section, Target
from eksaminer.gap import Cause, Gap

QUERY = "stats sum(strlen(@message)) as size by @log, @logStream"
DAY = 86_400


def read_log_types(found: Discovery) -> Mapping[Target, LogTypes | Gap]:
    """Return the log types by region. The volumes have been read; without the option nothing is asked."""
    regions = [target for target in found.found if target.region and not target.cluster]
    sections: dict[Target, LogTypes | Gap] = dict.fromkeys(regions, LogTypes(asked=False, volumes=()))
    if not found.request.log_types:
        return sections
    volumes = {target: found.found[target].get(LogVolumes.key) for target in regions}
    sizes = {target: _size(section, found) for target, section in volumes.items() if _groups(section)}
    sections |= {target: section for target, section in volumes.items() if isinstance(section, Gap)}
    asked = [target for target, size in sorted(sizes.items()) if found.budget.has_room(size)]
    sections |= {target: _capped(target, sizes[target], found) for target in sizes if target not in asked}
    if asked:
        told = [(target.region, Volume(bytes=sizes[target], events=0)) for target in asked]
        found.progress.note(f"For the log types: {scan_notice(told, found.budget.allowed)}")
    tasks = {target: partial(_read, found, target, _groups(volumes[target])) for target in asked}
    read = found.pool.run(tasks, lambda target: f"{target.region}: log types")
    return sections | {target: read.get(target) or lost(found.aws) for target in asked}


def _groups(section: Section | Gap | None) -> tuple[str, ...]:
    return tuple(group.name for group in section.groups) if isinstance(section, LogVolumes) else ()


def _size(section: Section | Gap | None, found: Discovery) -> int:
    """Return about how many bytes the window holds, by the last days."""
    if not isinstance(section, LogVolumes):
        return 0
    days = max(len(section.everything), 1)
    came = sum(size or 0 for group in section.groups for size in group.daily)
    length = found.window.until - found.window.since
    return came * int(length.total_seconds()) // (DAY * days)


def _capped(target: Target, size: int, found: Discovery) -> Gap:
    limit = f"{found.budget.allowed / GB:g} GB"
    detail = (
        f"The log types of {target.region} were not measured: about {size / GB:.1f} GB more, and the limit for the run "
        f"is {limit}. Raise --max-scan-gb, or shorten the window."
    )
    return Gap(cause=Cause.CAPPED, detail=detail)


def _read(found: Discovery, target: Target, groups: Sequence[str]) -> LogTypes | Gap:
    reader = Reader(found.aws, target.region)
    insights = Insights(reader, found.budget, lambda _: None)
    start, end = int(found.window.since.timestamp()), -int(-found.window.until.timestamp() // 1)

    def read() -> LogTypes | Gap:
        sizes: Counter[tuple[str, str]] = Counter()
        for first in range(0, len(groups), MAX_GROUPS):
            rows = insights.table(groups[first : first + MAX_GROUPS], QUERY, start, end)
            if isinstance(rows, Gap):
                return rows
            for row in rows:
                sizes[row["@log"].partition(":")[2], log_type(row["@logStream"])] += int(float(row["size"]))
        volumes = (
            TypeVolume(log_group=group, log_type=kind, bytes=size) for (group, kind), size in sorted(sizes.items())
        )
        return LogTypes(sources=reader.sources, asked=True, volumes=tuple(volumes))

    return attempt(read, f"the log types in {target.region}")
