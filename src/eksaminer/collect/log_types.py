"""What each log type, client, user, verb and resource makes of the logs: counting queries, whose cost is said first.

Which pairs of fields one query asks for is a matter of rows: users and clients go together, and so do verbs and
resources, so that few combinations exist, and each query reads the logs once.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from eksaminer.collect.aws.reader import Reader
from eksaminer.collect.discovery import Discovery, lost
from eksaminer.collect.gaps import attempt
from eksaminer.collect.insights import MAX_GROUPS, Insights
from eksaminer.collect.live import scan_notice
from eksaminer.collect.prices import GB, scan_prices
from eksaminer.collect.volume import Volume
from eksaminer.evidence.cost import AuditLogCauses, LogTypes, LogVolumes, TypeVolume, log_type
from eksaminer.evidence.model import Section, Target
from eksaminer.evidence.scan import KEPT_CONTRIBUTIONS, Contribution, Dimension
from eksaminer.gap import Cause, Gap

COUNTS = "stats sum(strlen(@message)) as size, count(*) as events by"
AUDIT_STREAMS = "filter @logStream like /^kube-apiserver-audit/"
LARGEST = "sort size desc"
TYPES = f"{COUNTS} @log, @logStream"
CLIENTS = f"{AUDIT_STREAMS} | {COUNTS} @log, userAgent, user.username | {LARGEST}"
REQUESTS = f"{AUDIT_STREAMS} | {COUNTS} @log, verb, objectRef.resource, objectRef.subresource | {LARGEST}"
QUERIES = (TYPES, CLIENTS, REQUESTS)
AUDIT = "audit"
DAY = 86_400
LONGEST_NAME = 1_000
Rows = Sequence[Mapping[str, str]]


def read_log_types(found: Discovery) -> Mapping[Target, LogTypes | Gap]:
    """Return the log types by region. The volumes have been read; without the option nothing is asked."""
    regions = [target for target in found.found if target.region and not target.cluster]
    sections: dict[Target, LogTypes | Gap] = dict.fromkeys(regions, LogTypes(asked=False, volumes=()))
    if not found.request.log_types:
        return sections
    volumes = {target: found.found[target].get(LogVolumes.key) for target in regions}
    sizes = {target: _size(section, found) for target, section in volumes.items() if _groups(section)}
    sections |= {target: section for target, section in volumes.items() if isinstance(section, Gap)}
    queries = {target: _affordable(size, found) for target, size in sorted(sizes.items())}
    sections |= {target: _capped(target, sizes[target], found) for target in sizes if not queries[target]}
    asked = [target for target, wanted in queries.items() if wanted]
    if asked:
        told = [(target.region, Volume(bytes=len(queries[target]) * sizes[target], events=0)) for target in asked]
        found.progress.note(f"For the log types: {scan_notice(told, found.budget.allowed, scan_prices(found.found))}")
    tasks = {
        target: partial(_read, found, target, _groups(volumes[target]), sizes[target], queries[target])
        for target in asked
    }
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


def _affordable(size: int, found: Discovery) -> Sequence[str]:
    """Return the queries that there is room for: all of them, that for the types alone, or none."""
    wanted = (QUERIES, QUERIES[:1])
    return next((queries for queries in wanted if found.budget.has_room(len(queries) * size)), ())


def _capped(target: Target, size: int, found: Discovery) -> Gap:
    limit = f"{found.budget.allowed / GB:g} GB"
    detail = (
        f"The log types of {target.region} were not measured: about {size / GB:.1f} GB more, and the limit for the run "
        f"is {limit}. Raise --max-scan-gb, or shorten the window."
    )
    return Gap(cause=Cause.CAPPED, detail=detail)


def _causes_capped(target: Target, size: int, found: Discovery) -> Gap:
    limit = f"{found.budget.allowed / GB:g} GB"
    more = (len(QUERIES) - 1) * size
    detail = (
        f"What makes the audit logs of {target.region} large was not asked: about {more / GB:.1f} GB more, and the "
        f"limit for the run is {limit}. Raise --max-scan-gb, or shorten the window."
    )
    return Gap(cause=Cause.CAPPED, detail=detail)


def _read(found: Discovery, target: Target, groups: Sequence[str], size: int, queries: Sequence[str]) -> LogTypes | Gap:
    reader = Reader(found.aws, target.region)
    insights = Insights(reader, found.budget, lambda _: None)
    start, end = int(found.window.since.timestamp()), -int(-found.window.until.timestamp() // 1)

    def ask(query: str) -> Rows | Gap:
        rows: list[Mapping[str, str]] = []
        for first in range(0, len(groups), MAX_GROUPS):
            answer = insights.table(groups[first : first + MAX_GROUPS], query, start, end)
            if isinstance(answer, Gap):
                return answer
            rows += answer
        return rows

    def read() -> LogTypes | Gap:
        types = ask(TYPES)
        if isinstance(types, Gap):
            return types
        causes = _causes_capped(target, size, found) if len(queries) < len(QUERIES) else _asked(ask, types)
        return LogTypes(sources=reader.sources, asked=True, volumes=tuple(_volumes(types)), causes=causes)

    return attempt(read, f"the log types in {target.region}")


def _asked(ask: Callable[[str], Rows | Gap], types: Rows) -> tuple[AuditLogCauses, ...] | Gap:
    clients = attempt(lambda: ask(CLIENTS), "the clients of the audit log")
    requests = attempt(lambda: ask(REQUESTS), "the requests of the audit log")
    if isinstance(clients, Gap):
        return clients
    return requests if isinstance(requests, Gap) else tuple(_causes(types, clients, requests))


def _volumes(rows: Rows) -> Iterator[TypeVolume]:
    sizes: Counter[tuple[str, str]] = Counter()
    for row in rows:
        sizes[_group(row), log_type(row["@logStream"])] += _number(row, "size")
    for (group, kind), size in sorted(sizes.items()):
        yield TypeVolume(log_group=group, log_type=kind, bytes=size)


def _causes(types: Rows, clients: Rows, requests: Rows) -> Iterator[AuditLogCauses]:
    """Give what makes each audit log large; the whole is that of its streams, whatever rows a query left out."""
    audit = [row for row in types if log_type(row["@logStream"]) == AUDIT]
    for group in sorted({_group(row) for row in audit}):
        own = [[row for row in rows if _group(row) == group] for rows in (audit, clients, requests)]
        whole = Contribution(
            dimension="all",
            value="",
            events=sum(_number(row, "events") for row in own[0]),
            bytes=sum(_number(row, "size") for row in own[0]),
        )
        contributions = (
            whole,
            *_largest("agent", own[1], "userAgent"),
            *_largest("user", own[1], "user.username"),
            *_largest("verb", own[2], "verb"),
            *_largest("resource", own[2], "objectRef.resource", "objectRef.subresource"),
        )
        yield AuditLogCauses(log_group=group, contributions=contributions)


def _largest(dimension: Dimension, rows: Rows, *fields: str) -> Iterator[Contribution]:
    sizes: Counter[str] = Counter()
    events: Counter[str] = Counter()
    for row in rows:
        value = "/".join(part for part in (row.get(field, "") for field in fields) if part)[:LONGEST_NAME]
        sizes[value] += _number(row, "size")
        events[value] += _number(row, "events")
    for value, size in sorted(sizes.items(), key=lambda item: (-item[1], item[0]))[:KEPT_CONTRIBUTIONS]:
        yield Contribution(dimension=dimension, value=value, events=events[value], bytes=size)


def _group(row: Mapping[str, str]) -> str:
    return row["@log"].partition(":")[2]


def _number(row: Mapping[str, str], name: str) -> int:
    return int(float(row[name]))
