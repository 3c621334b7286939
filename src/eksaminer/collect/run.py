"""One run: what there is, what it says, and all of it as a collection."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import Any

from eksaminer import __version__
from eksaminer.collect.areas import Sections, read_cluster_sections
from eksaminer.collect.baseline import INSTANT, attach, read_baseline
from eksaminer.collect.clock import Clock, SystemClock
from eksaminer.collect.cloudtrail import not_given, read_files
from eksaminer.collect.cluster_objects import Ways
from eksaminer.collect.costs import read_costs
from eksaminer.collect.digests import read_digests
from eksaminer.collect.discovery import Discovery, lost
from eksaminer.collect.exports import keep_file, read_exports
from eksaminer.collect.identities import read_identities
from eksaminer.collect.insight_events import read_insights
from eksaminer.collect.live import read_live_logs
from eksaminer.collect.log_types import read_log_types
from eksaminer.collect.lookups import NOT_ASKED, NOT_IN_FILES, not_looked_up, read_lookups
from eksaminer.collect.plan import estimated, headline
from eksaminer.collect.progress import Progress, Silent
from eksaminer.collect.request import CollectRequest, split_by_cluster
from eksaminer.collect.store import Store
from eksaminer.detection import Rule
from eksaminer.evidence.cluster import Cluster
from eksaminer.evidence.collection import Collection, CollectionInfo, Excluded
from eksaminer.evidence.cost import LogTypes
from eksaminer.evidence.kubernetes import KubernetesObjects
from eksaminer.evidence.model import Evidence, Section, Source, Target
from eksaminer.evidence.scan import AuditLogScan, Baseline
from eksaminer.evidence.sections import SECTIONS
from eksaminer.evidence.workloads import WorkloadCalls
from eksaminer.gap import Cause, Gap
from eksaminer.logs import Options
from eksaminer.outcome import Period
from eksaminer.record import Record


def collect(
    request: CollectRequest,
    rules: Sequence[Rule],
    *,
    clock: Clock | None = None,
    progress: Progress | None = None,
) -> Collection:
    """Collect the evidence of all targets that *request* means.

    Raises:
        EksaminerError: Nothing can be collected, or something asked for does not exist.
    """
    run = Discovery(request, clock or SystemClock(), progress or Silent())
    run.discover()
    return _Collecting(run, rules).collect()


class _Collecting:
    """The second part: everything that the clusters, and their logs, say."""

    def __init__(self, found: Discovery, rules: Sequence[Rule]) -> None:
        self.found = found
        self.rules = rules
        self.store = Store()
        self.targets = found.selection.targets
        request = found.request
        self.exports = split_by_cluster(request.logs, "--logs", "audit-logs/", self.targets)
        self.baselines = split_by_cluster(request.baselines, "--baseline", "earlier-logs/", self.targets)
        self.dumps = split_by_cluster(request.kubernetes_dumps, "--kubernetes-dump", "objects/", self.targets)

    def collect(self) -> Collection:
        live = self.found.request.live_logs and not self.exports
        estimate = estimated(self.found, live=live, dumps=len(self.dumps))
        self.found.progress.note(headline(self.found, estimate))
        scans = self._read_exports() if self.exports else None
        self._take(
            read_files(self.found, self.store, self.rules) if self.found.request.cloudtrail else not_given(self.found)
        )
        self._take(read_digests(self.found))
        self.found.found[self.found.account].update(read_identities(self.found))
        for target, sections in read_costs(self.found).items():
            self.found.found[target].update(sections)
        self._read_clusters()
        self._take(self._looked_up())
        self._take(read_insights(self.found))
        self._read_objects()
        baselines = self._read_baselines()
        for target, section in (scans if scans is not None else self._read_logs()).items():
            if target in baselines and isinstance(section, AuditLogScan):
                section = attach(section, baselines[target])  # noqa: PLW2901 - the same scan, with what it is compared with
            self.found.found[target][AuditLogScan.key] = section
        for target, types in read_log_types(self.found).items():
            self.found.found[target][LogTypes.key] = types
        return self._collection()

    def _looked_up(self) -> Mapping[Target, Sections]:
        if self.found.request.live_logs:
            return read_lookups(self.found)
        if self.found.request.cloudtrail:
            return not_looked_up(self.found, NOT_IN_FILES)
        return {self.found.account: {WorkloadCalls.key: NOT_ASKED}, **not_looked_up(self.found, NOT_ASKED)}

    def _take(self, read: Mapping[Target, Sections]) -> None:
        for target, sections in read.items():
            self.found.found[target].update(sections)

    def _read_exports(self) -> Mapping[Target, AuditLogScan | Gap]:
        """Files come first: one that cannot be read ends the run before AWS is asked for more."""
        request = self.found.request
        options = Options(since=request.since, until=request.until)
        keep = partial(keep_file, self.store, self.found.clock.now())
        return read_exports(self.exports, self.targets, self.rules, options=options, keep=keep)

    def _read_baselines(self) -> Mapping[Target, Baseline]:
        request = self.found.request
        since = request.since if self.exports else self.found.window.since
        options = Options(until=since - INSTANT if since is not None else None, empty=True)
        return {target: read_baseline(paths, target, self.rules, options) for target, paths in self.baselines.items()}

    def _read_clusters(self) -> None:
        aws = self.found.aws
        tasks = {target: partial(read_cluster_sections, aws, target) for target in self.targets}
        for target, sections in self.found.pool.run(tasks, lambda target: target.label).items():
            self.found.found[target].update(sections)

    def _read_objects(self) -> None:
        clusters = {target: self._section(target, Cluster) for target in self.targets}
        ways = Ways.choose(self.found.request, self.targets, clusters)
        tasks = {
            target: partial(ways.read, self.found.aws, self.store, target, cluster)
            for target, cluster in clusters.items()
        }
        read = self.found.pool.run(tasks, lambda target: f"{target.label}: Kubernetes objects")
        for target, section in read.items():
            self.found.found[target][KubernetesObjects.key] = section

    def _read_logs(self) -> Mapping[Target, AuditLogScan | Gap]:
        if not self.found.request.live_logs:
            gap = Gap(cause=Cause.NOT_REQUESTED, detail="The audit log was not searched: --no-live-logs.")
            return dict.fromkeys(self.targets, gap)
        return read_live_logs(self.found, self.rules, {target: self.found.found[target] for target in self.targets})

    def _section(self, target: Target, section: type[Section]) -> Section | Gap:
        return self.found.found[target].get(section.key) or lost(self.found.aws)

    def _collection(self) -> Collection:
        aws, finished = self.found.aws, self.found.clock.now()
        sources = {**aws.sources, **self.store.sources}
        evidence = {target: self._evidence(target, sources, finished) for target in sorted(self.found.found)}
        used = {source.id for found in evidence.values() for source in found.sources}
        answers = {key: data for key, data in sorted({**aws.answers, **self.store.answers}.items()) if key in used}
        return Collection(
            info=self._info(finished), evidence=MappingProxyType(evidence), answers=MappingProxyType(answers)
        )

    def _evidence(self, target: Target, sources: Mapping[str, Source], finished: datetime) -> Evidence:
        sections = {
            key: self._section(target, section) for key, section in SECTIONS.items() if section.scope is target.scope
        }
        used = {name for part in sections.values() for name in _source_ids(part)}
        return Evidence(
            target=target,
            collected_at=finished,
            sections=MappingProxyType(sections),
            sources=tuple(sources[name] for name in sorted(used & set(sources))),
        )

    def _window(self) -> Period:
        """The window that was asked for; of files without one, what they hold."""
        request = self.found.request
        scans = [
            part for target in self.targets if isinstance(part := self._section(target, AuditLogScan), AuditLogScan)
        ]
        if not self.exports or not scans:
            return self.found.window
        return Period(
            since=request.since or min(scan.window.since for scan in scans),
            until=request.until or max(scan.window.until for scan in scans),
        )

    def _info(self, finished: datetime) -> CollectionInfo:
        found = self.found
        read_at = max([finished, *(source.time for source in found.aws.sources.values())])
        return CollectionInfo(
            id=found.aws.settings.run_id,
            tool_version=__version__,
            identity=found.identity,
            started=found.started,
            finished=finished,
            events=self._window(),
            configuration=Period(since=read_at - found.request.period, until=read_at),
            options=dict(found.request.options),
            excluded=tuple(Excluded(target=target, reason=reason) for target, reason in found.selection.excluded),
            calls=found.aws.counts,
            interrupted=found.pool.interrupted,
            clock_offset_ms=found.aws.clock_offset_ms,
        )


def _source_ids(value: Any) -> Iterator[str]:
    """Walk a section and the gaps within it."""
    if isinstance(value, Record):
        if isinstance(value, Section | Gap):
            yield from value.sources
        for name in value.__struct_fields__:
            yield from _source_ids(getattr(value, name))
    elif isinstance(value, tuple):
        for item in value:
            yield from _source_ids(item)
