"""The audit logs in CloudWatch: one Logs Insights query per region fetches what the rules could match.

What the query finds is spooled to files that only this user can read, judged exactly by the local engine, and
deleted. A query over several log groups says only how many events it examined in all; what one group held
is known from CloudWatch's metrics. Where those cannot be read, each group gets a query of its own.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import msgspec

from eksaminer.collect.areas import Sections
from eksaminer.collect.aws.reader import Reader
from eksaminer.collect.discovery import Discovery
from eksaminer.collect.gaps import attempt, gap_of
from eksaminer.collect.insights import MAX_GROUPS, MAX_ROWS, Insights, Outcome, Row
from eksaminer.collect.prices import GB, MB, scan_prices
from eksaminer.collect.session import CallFailed
from eksaminer.collect.volume import Volume, read_volumes
from eksaminer.detection import Rule, insights_filter, narrow
from eksaminer.evidence.cluster import ControlPlaneLogging
from eksaminer.evidence.cost import PriceSheet
from eksaminer.evidence.log_group import AuditLogEnabledSince, AuditLogGroup, AuditLogStreams, group_name
from eksaminer.evidence.model import Section, Target
from eksaminer.evidence.scan import Arrival, AuditLogScan, Compared
from eksaminer.gap import Cause, Gap
from eksaminer.logs import Options, SpoolWriter, scan_spool
from eksaminer.outcome import Period

CENT = Decimal("0.01")
LATE = timedelta(hours=3)
"""The age from which LOG-03 calls a stream late: CloudWatch updates the time of the last event with a delay."""

MATCHING_ALONE = Gap(
    cause=Cause.NOT_REQUESTED,
    detail="Events that match a rule were asked for, and no others, so spans without any event cannot be told. Export "
    "the log and give it with --logs.",
)

REFUSALS_RULE = "AUTH-DENIED"
"""The rule that asks for every event with 401 or 403."""
REFUSALS_NOT_ASKED = Gap(
    cause=Cause.RULE_NOT_RUN,
    detail=f"The rule {REFUSALS_RULE} was not run over the log, so not every refused request was asked for.",
)

NONE_ARRIVED = Arrival(events=0, longest_ms=0)
S = TypeVar("S", bound=Section)
Scans = dict[Target, AuditLogScan | Gap]


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A log group that is to be searched."""

    target: Target
    volume: Volume | None
    """None: CloudWatch's metrics could not be read."""
    unread: Gap | None
    """Why not all of the window can be in the log."""

    @property
    def group(self) -> str:
        """The name of the log group."""
        return group_name(self.target.cluster)


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What was fetched of one log group."""

    candidate: Candidate
    events: int
    """Log events that the query examined in this group."""
    unread: Gap | None
    sources: tuple[str, ...]


def read_live_logs(found: Discovery, rules: Sequence[Rule], sections: Mapping[Target, Sections]) -> Scans:
    """Search the audit logs of the clusters in *sections*."""
    if not rules:
        gap = Gap(cause=Cause.NOT_SELECTED, detail="No detection rule was selected: the audit log was not searched.")
        return dict.fromkeys(sections, gap)
    return _Live(found, rules, sections).read()


class _Live:
    def __init__(self, found: Discovery, rules: Sequence[Rule], sections: Mapping[Target, Sections]) -> None:
        self.found = found
        compares = bool(found.request.baselines)
        self.rules = narrow(rule for rule in rules if compares or rule.compared is not Compared.NEW)
        self.sections = sections
        self.window = found.window
        self.budget = found.budget
        self.max_rows = MAX_ROWS
        self.scans: Scans = {}
        self.arrivals: dict[str, dict[str, Arrival]] = {}
        """By region and log group."""

    def read(self) -> Scans:
        candidates = self._within_limit(self._measured(self._searchable()))
        self._announce(candidates)
        with TemporaryDirectory(prefix="eksaminer-", ignore_cleanup_errors=True) as private:
            regions = _by_region(candidates)
            self.arrivals = {region: {} for region in regions}
            spools = {region: SpoolWriter(Path(private) / region) for region in regions}
            queries = {
                region: partial(self._query_region, region, groups, spools[region])
                for region, groups in regions.items()
            }
            readings = self.found.pool.run(queries, lambda region: f"{region}: Logs Insights")
            scans = {
                reading.candidate.target: partial(self._scan, reading, spools[region])
                for region, several in readings.items()
                for reading in several
            }
            self.scans |= self.found.pool.run(scans, lambda target: f"{target.label}: rules", workers=1)
        return self.scans

    # What can be searched ------------------------------------------------------------------------

    def _searchable(self) -> Iterator[Candidate]:
        for target, sections in sorted(self.sections.items()):
            gap = _nothing_to_search(target, sections, self.window)
            if gap is not None:
                self.scans[target] = gap
            else:
                unread = _cannot_hold_all(target, sections, self.window)
                yield Candidate(target=target, volume=None, unread=unread)

    def _measured(self, candidates: Iterator[Candidate]) -> list[Candidate]:
        """Add what CloudWatch says came in."""
        regions = _by_region(candidates)
        tasks = {region: partial(self._volumes, region, groups) for region, groups in regions.items()}
        volumes = self.found.pool.run(tasks, lambda region: f"{region}: volume of the logs")
        return [
            Candidate(target=item.target, volume=volumes.get(region, {}).get(item.group), unread=item.unread)
            for region, groups in regions.items()
            for item in groups
        ]

    def _volumes(self, region: str, groups: Sequence[Candidate]) -> Mapping[str, Volume]:
        reader = Reader(self.found.aws, region)
        names = [item.group for item in groups]
        volumes = attempt(lambda: read_volumes(reader, names, self.window), f"the volume of the logs in {region}")
        if isinstance(volumes, Gap):
            self.found.progress.note(f"The volume of the logs in {region} is not known. {volumes.detail}")
            return {}
        return volumes

    def _within_limit(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Keep the smallest groups that fit together, and those of unknown size, which are stopped in time."""
        kept = [item for item in candidates if item.volume is None and self.budget.allowed > 0]
        total = 0
        for item in sorted(candidates, key=lambda item: (item.volume.bytes if item.volume else 0, item.target)):
            if item in kept:
                continue
            size = item.volume.bytes if item.volume else 0
            if item.volume is not None and total + size <= self.budget.allowed:
                total += size
                kept.append(item)
            else:
                self.scans[item.target] = self._capped(item)
        return sorted(kept, key=lambda item: item.target)

    def _capped(self, item: Candidate) -> Gap:
        size = f"about {item.volume.bytes / GB:.1f} GB" if item.volume else "an unknown volume"
        limit = f"{self.budget.allowed / GB:g} GB"
        detail = (
            f"The audit log of {item.target.cluster} was not searched: {size}, and the limit for the run is {limit}. "
            "Raise --max-scan-gb, or shorten the window."
        )
        return Gap(cause=Cause.CAPPED, detail=detail)

    def _announce(self, candidates: Sequence[Candidate]) -> None:
        if candidates:
            sizes = [(item.target.region, item.volume) for item in candidates]
            self.found.progress.note(scan_notice(sizes, self.budget.allowed, scan_prices(self.found.found)))

    # Fetching and judging ------------------------------------------------------------------------

    def _query_region(self, region: str, groups: Sequence[Candidate], spool: SpoolWriter) -> list[Reading]:
        for item in groups:
            spool.open(item.group)
        size = MAX_GROUPS if all(item.volume is not None for item in groups) else 1
        readings: list[Reading] = []
        for start in range(0, len(groups), size):
            readings += self._query(region, groups[start : start + size], spool)
        return readings

    def _query(self, region: str, groups: Sequence[Candidate], spool: SpoolWriter) -> list[Reading]:
        reader = Reader(self.found.aws, region)
        insights = Insights(reader, self.budget, _spooling(spool, self.arrivals[region]))
        insights.max_rows = self.max_rows
        names = [item.group for item in groups]
        start, end = int(self.window.since.timestamp()), -int(-self.window.until.timestamp() // 1)
        if not self.budget.has_room(1):
            return [self._not_asked(item) for item in groups]
        try:
            outcome = insights.read(names, query_text(self.rules), start, end)
        except CallFailed as failed:
            if len(groups) > 1 and not self.found.aws.stopped:
                # One group that may not be read refuses the query for all of them.
                return [reading for item in groups for reading in self._query(region, [item], spool)]
            outcome = Outcome(scanned=0, unread=gap_of(failed))
        return [_reading(item, outcome, reader.sources, alone=len(groups) == 1) for item in groups]

    def _not_asked(self, item: Candidate) -> Reading:
        return Reading(candidate=item, events=0, unread=self._capped(item), sources=())

    def _scan(self, reading: Reading, spool: SpoolWriter) -> AuditLogScan | Gap:
        target = reading.candidate.target
        if reading.events == 0:
            detail = f"The log group of {target.cluster} holds no event between --since and --until, or now."
            return reading.unread or Gap(cause=Cause.ERROR, detail=detail, sources=reading.sources)
        return attempt(lambda: self._judged(reading, spool), f"the audit log of {target.cluster}")

    def _judged(self, reading: Reading, spool: SpoolWriter) -> AuditLogScan:
        spool.close()
        group = reading.candidate.group
        options = Options(since=self.window.since, until=self.window.until, empty=True)
        ((_, outcome),) = scan_spool({group: spool.files[group]}, self.rules, options)
        found = outcome.section(
            origin="cloudwatch",
            window=self._arrived(reading.candidate.target, outcome.last_event),
            unread=reading.unread,
            sources=reading.sources,
            events_read=reading.events,
            time_coverage=MATCHING_ALONE,
            refusals=None if any(rule.id == REFUSALS_RULE for rule in self.rules) else REFUSALS_NOT_ASKED,
        )
        arrival = self.arrivals[reading.candidate.target.region].get(group)
        return msgspec.structs.replace(found, arrival=arrival)

    def _arrived(self, target: Target, last: datetime | None) -> Period:
        """Return the window up to the newest event that is known to have arrived: nothing is said of later ones."""
        streams = _seen(self.sections[target], AuditLogStreams)
        known = [moment for moment in (last, streams.newest_audit_event if streams else None) if moment is not None]
        until = min(self.window.until, max(known, default=self.window.until))
        return Period(since=self.window.since, until=max(until, self.window.since))


def query_text(rules: Sequence[Rule]) -> str:
    """Return the Logs Insights query for all that *rules* could match."""
    return f"fields @timestamp, @ingestionTime, @message, @log, @logStream | filter {insights_filter(rules)}"


def scan_notice(sizes: Sequence[tuple[str, Volume | None]], allowed: int, prices: Mapping[str, PriceSheet]) -> str:
    """Return what searching log groups of these regions will scan and cost, for the reader, before it is done."""
    known: dict[str, int] = {}
    for region, volume in sizes:
        if volume is not None:
            known[region] = known.get(region, 0) + volume.bytes
    parts = [_volume_notice(region, size, prices.get(region)) for region, size in sorted(known.items())]
    unknown = sorted({region for region, volume in sizes if volume is None})
    if unknown:
        parts.append(f"in {', '.join(unknown)} an unknown volume, up to {allowed / GB:g} GB in all")
    return f"Logs Insights scans {'; '.join(parts)}."


def _volume_notice(region: str, size: int, prices: PriceSheet | None) -> str:
    amount = f"{size / GB:.1f} GB" if size >= GB else f"{max(size / MB, 0.1):.1f} MB"
    if prices is None or prices.scan is None:
        return f"in {region} about {amount} (no known price there)"
    cost = prices.scan * size / GB
    shown = f"about {cost:.2f}" if cost >= CENT else f"less than {CENT}"
    return f"in {region} about {amount} ({shown} {prices.currency}, price of {prices.date})"


def _spooling(spool: SpoolWriter, arrivals: dict[str, Arrival]) -> Callable[[Row], None]:
    def take(row: Row) -> None:
        spool.write(row.log_group, row.stream, row.time_ms, row.message)
        if row.arrived_ms is not None:
            known = arrivals.get(row.log_group, NONE_ARRIVED)
            arrivals[row.log_group] = Arrival(
                events=known.events + 1, longest_ms=max(known.longest_ms, row.arrived_ms - row.time_ms)
            )

    return take


def _reading(item: Candidate, outcome: Outcome, sources: tuple[str, ...], *, alone: bool) -> Reading:
    events = outcome.scanned
    if not alone and item.volume is not None:
        events = min(item.volume.events, outcome.scanned)
    return Reading(candidate=item, events=events, unread=outcome.unread or item.unread, sources=sources)


def _by_region(candidates: Sequence[Candidate] | Iterator[Candidate]) -> dict[str, list[Candidate]]:
    regions: dict[str, list[Candidate]] = {}
    for item in candidates:
        regions.setdefault(item.target.region, []).append(item)
    return regions


def _seen(sections: Sections, section: type[S]) -> S | None:
    found = sections.get(section.key)
    return found if isinstance(found, section) else None


def _is_off(sections: Sections) -> bool:
    logging = _seen(sections, ControlPlaneLogging)
    return logging is not None and "audit" not in logging.enabled


def _nothing_to_search(target: Target, sections: Sections, window: Period) -> Gap | None:
    """Return why the log of a cluster need not be searched at all."""
    for found in sections.values():
        if isinstance(found, Gap) and found.cause is Cause.GONE:
            return found
    streams = _seen(sections, AuditLogStreams)
    if streams is None:
        return None
    if not streams.group_exists:
        detail = f"{target.cluster} has no log group {group_name(target.cluster)}: there is no audit log to search."
        return Gap(cause=Cause.PREREQUISITE_FAILED, detail=detail, sources=streams.sources)
    nothing = streams.newest_audit_event is None or streams.newest_audit_event < window.since
    looked = streams.searched_since is None or streams.searched_since <= window.since
    if _is_off(sections) and nothing and looked:
        detail = f"The audit log of {target.cluster} is off, and holds no event of the window."
        return Gap(cause=Cause.PREREQUISITE_FAILED, detail=detail, sources=streams.sources)
    return None


def _cannot_hold_all(target: Target, sections: Sections, window: Period) -> Gap | None:
    """Return why the log cannot hold all of the window, whatever the query finds."""
    return next(_doubts(target, sections, window), None)


def _doubts(target: Target, sections: Sections, window: Period) -> Iterator[Gap]:
    if _is_off(sections):
        detail = f"The audit log of {target.cluster} is off now: what happened since is in no log."
        yield Gap(cause=Cause.PREREQUISITE_FAILED, detail=detail)
    for key in (ControlPlaneLogging.key, AuditLogStreams.key):
        unknown = sections.get(key)
        if isinstance(unknown, Gap):
            yield unknown  # whether audit events arrive is not known: nothing can be said of what is not there
    since = _seen(sections, AuditLogEnabledSince)
    if since is not None and since.too_recent is not None:
        yield since.too_recent
    group = _seen(sections, AuditLogGroup)
    streams = _seen(sections, AuditLogStreams)
    if group is None or streams is None:
        return
    newest = streams.newest_audit_event
    if newest is None or newest < window.until - LATE:
        when = f"of {newest:%Y-%m-%d %H:%M} UTC" if newest is not None else "not to be found"
        detail = f"The newest audit event of {target.cluster} is {when}: what happened since is in no log."
        yield Gap(cause=Cause.PREREQUISITE_FAILED, detail=detail, sources=streams.sources)
    if group.created_at > window.since:
        created = f"{group.created_at:%Y-%m-%d %H:%M} UTC"
        detail = f"The log group of {target.cluster} was created at {created}, within the window."
        yield Gap(cause=Cause.NOT_OBSERVABLE, detail=detail, sources=group.sources)
    kept = group.retention_days
    if kept is not None and (streams.read_at - window.since).days >= kept:
        detail = f"The log group of {target.cluster} keeps {kept} days; the window begins earlier."
        yield Gap(cause=Cause.NOT_OBSERVABLE, detail=detail, sources=group.sources)
