"""CloudTrail's own memory: LookupEvents, by the names of events, within its two requests a second.

What is found is kept in a reduced form, and spooled to files that only this user can read: the log engine
attributes it to service accounts as it does with files of CloudTrail. Where such files were given, calls that
weaken auditing alone are looked up, and only as far as the files do not reach.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from eksaminer.collect.areas import Sections
from eksaminer.collect.aws.reader import Reader, utc
from eksaminer.collect.discovery import Discovery, lost
from eksaminer.collect.gaps import attempt, gap_of
from eksaminer.collect.management import CHANGING, reduced, text_of
from eksaminer.collect.session import CallFailed
from eksaminer.evidence.iam import PodIdentityAssociations
from eksaminer.evidence.lookups import (
    CHANGES,
    FIRST_EVENTS,
    FIRST_PAGES,
    KEPT,
    MOST_CALLS,
    CloudTrailEvents,
    LookedUp,
    ManagementEvent,
)
from eksaminer.evidence.model import Section, Target
from eksaminer.evidence.workloads import RegionRead, WorkloadCalls
from eksaminer.gap import Cause, Gap
from eksaminer.logs import Options, scan
from eksaminer.logs.attribution import PODS
from eksaminer.logs.missing import missing
from eksaminer.outcome import Period, Scope
from eksaminer.record import Record
from eksaminer.weakening import restoring_calls, weakening_calls

OPERATION = "cloudtrail:LookupEvents"
NOT_ASKED = Gap(cause=Cause.NOT_REQUESTED, detail="No event was looked up in CloudTrail: --no-live-logs.")
NOT_IN_FILES = Gap(
    cause=Cause.NOT_REQUESTED,
    detail="The files of CloudTrail hold no event of the region, and none was looked up: --no-live-logs.",
)


class Wanted(Record, frozen=True, kw_only=True):
    """Events that a check needs."""

    name: str
    window: Literal["events", "configuration"]
    """`--since` and `--until`, or `--period`."""
    where: Literal["everywhere", "pods"]
    """`pods`: only in regions with a cluster that uses Pod Identity, or may do so."""
    invoked_by: str = ""
    """Only events that this service caused are taken; empty: all."""
    parameters: tuple[str, ...] = ()
    """Of `requestParameters`: what is no secret."""
    pages: int = MOST_CALLS
    """So many pages at most."""


WANTED = (
    Wanted(
        name="AssumeRoleWithWebIdentity", window="events", where="everywhere",
        parameters=("roleArn", "roleSessionName"),
    ),
    Wanted(name="AssumeRoleForPodIdentity", window="events", where="pods", parameters=("clusterName",)),
    Wanted(
        name="AssumeRole", window="events", where="pods", invoked_by=PODS, parameters=("roleArn", "roleSessionName"),
    ),
)  # fmt: skip
"""In the order they are asked for: what the calls do not suffice for comes last. What weakens auditing follows."""
ALL_CHANGES = Wanted(name=CHANGES, window="configuration", where="everywhere", pages=FIRST_PAGES)


def read_lookups(found: Discovery) -> dict[Target, Sections]:
    """Look the events up; return sections by account and region. The clusters, and the files, are read already."""
    with TemporaryDirectory(prefix="eksaminer-", ignore_cleanup_errors=True) as private:
        regions = [target for target in sorted(found.found) if target.scope is Scope.REGION]
        tasks = {target: partial(_read_region, found, target, Path(private)) for target in regions}
        read = found.pool.run(tasks, lambda target: f"{target.region}: events of CloudTrail")
        sections = {target: read.get(target) or _in_files(found, target) or lost(found.aws) for target in regions}
        made: dict[Target, Sections] = {target: {CloudTrailEvents.key: part} for target, part in sections.items()}
        if found.request.cloudtrail:
            return made
        workloads = attempt(lambda: _workloads(found, sections, Path(private)), "the events of CloudTrail")
    return {found.account: {WorkloadCalls.key: workloads}, **made}


def _in_files(found: Discovery, target: Target) -> CloudTrailEvents | None:
    """Return what the files of CloudTrail told of the region."""
    section = found.found[target].get(CloudTrailEvents.key)
    return section if isinstance(section, CloudTrailEvents) else None


def _read_region(found: Discovery, target: Target, folder: Path) -> CloudTrailEvents | Gap:
    return attempt(_Region(found, target, folder).read, f"the events of CloudTrail in {target.region}")


def not_looked_up(found: Discovery, gap: Gap) -> dict[Target, Sections]:
    """Return the gaps of events that nobody asked for, and that stand in no file."""
    regions = [target for target in found.found if target.scope is Scope.REGION and not _in_files(found, target)]
    return {target: {CloudTrailEvents.key: gap} for target in regions}


def _workloads(found: Discovery, sections: Mapping[Target, Section | Gap], folder: Path) -> WorkloadCalls | Gap:
    gaps = [part for part in sections.values() if isinstance(part, Gap)]
    if gaps and len(gaps) == len(sections):
        return next((gap for gap in gaps if gap.cause.gates), gaps[0])
    window = found.window
    options = Options(since=window.since, until=window.until, account=found.account.account, empty=True)
    with scan(sorted(folder.glob("*.jsonl")), (), options) as outcome:
        who, damaged = outcome.attribution(), next(iter(missing(outcome)), None)
    unread = damaged if damaged is not None and outcome.accounting.bad else None
    parts = [part for part in sections.values() if isinstance(part, CloudTrailEvents)]
    return WorkloadCalls(
        sources=tuple(source for part in parts for source in part.sources),
        origin="lookup",
        window=window,
        regions=tuple(_region_read(target.region, part, window, unread) for target, part in sections.items()),
        taken=who.taken,
        untold=who.untold,
        pods=who.pods,
        nameless=(),
    )


def _region_read(region: str, part: Section | Gap, window: Period, unread: Gap | None) -> RegionRead:
    if not isinstance(part, CloudTrailEvents):
        gap = part if isinstance(part, Gap) else None
        return RegionRead(region=region, events=0, since=window.since, until=window.until, unread=gap)
    asked = [item for item in part.asked if not item.configuration]
    missed = next((item.unread for item in asked if item.unread is not None), unread)
    since = max((item.since for item in asked), default=window.since)
    events = sum(item.events for item in asked)
    return RegionRead(region=region, events=events, since=since, until=window.until, unread=missed)


@dataclass
class _Region:
    """The lookups of one region."""

    found: Discovery
    target: Target
    folder: Path
    calls: int = 0
    refused: Gap | None = None
    """Why a call failed: of what changed nothing more is asked for."""

    def read(self) -> CloudTrailEvents | Gap:
        """Look up all names; a gap if not one of them could be, and no file tells of the region."""
        files = _in_files(self.found, self.target)
        if files is not None and files.unread_changes() is None:
            return files
        reader = Reader(self.found.aws, self.target.region)
        kept: list[ManagementEvent] = []
        asked = [self._name(reader, wanted, kept) for wanted in self._wanted()]
        asked += self._changes(reader, kept)
        failed = [item.unread for item in asked if item.unread is not None and item.calls == 0]
        if files is None and failed and len(failed) == len(asked) and failed[0].cause.gates:
            return failed[0]
        known = {(event.id, event.name): event for event in (*kept, *(() if files is None else files.events))}
        return CloudTrailEvents(
            sources=(*(() if files is None else files.sources), *reader.sources),
            asked=tuple(asked),
            events=tuple(sorted(known.values(), key=lambda event: (event.time, event.name, event.id))),
            files=None if files is None else files.files,
        )

    def _wanted(self) -> Sequence[Wanted]:
        if self.found.request.cloudtrail:
            return ()
        pods = any(
            not isinstance(part := sections.get(PodIdentityAssociations.key), PodIdentityAssociations)
            or part.associations
            for target, sections in self.found.found.items()
            if target.scope is Scope.CLUSTER and target.region == self.target.region
        )
        return [wanted for wanted in WANTED if pods or wanted.where == "everywhere"]

    def _changes(self, reader: Reader, kept: list[ManagementEvent]) -> list[LookedUp]:
        """Look for calls that weaken auditing: among all changes where these are few, else each by its name."""
        if self.refused is not None:
            return [self._not_asked(ALL_CHANGES, self.refused)]
        found: list[ManagementEvent] = []
        everything = self._name(reader, ALL_CHANGES, found)
        if everything.unread is None or everything.unread.cause is not Cause.CAPPED:
            kept += found
            return [everything]
        asked = self._by_name(reader, weakening_calls(), kept)
        weakened = {event.name for event in kept} & set(weakening_calls())
        restoring = [name for name in restoring_calls() if name not in weakening_calls()]
        return asked + (self._by_name(reader, restoring, kept) if weakened else [])

    def _by_name(self, reader: Reader, names: Iterable[str], kept: list[ManagementEvent]) -> list[LookedUp]:
        wanted = [Wanted(name=name, window="configuration", where="everywhere") for name in names]
        return [self._name(reader, item, kept) for item in wanted]

    def _not_asked(self, wanted: Wanted, gap: Gap) -> LookedUp:
        window = self._window(wanted)
        return LookedUp(
            name=wanted.name, window=window, since=window.until, events=0, calls=0, unread=gap, configuration=True
        )

    def _name(self, reader: Reader, wanted: Wanted, kept: list[ManagementEvent]) -> LookedUp:
        if self.refused is not None and wanted.window == "configuration":
            return self._not_asked(wanted, self.refused)
        window = self._window(wanted)
        earliest = self.found.started - KEPT
        reach = _Reach(since=max(window.since, earliest))
        unread = None
        if window.since < earliest:
            unread = Gap(cause=Cause.NOT_OBSERVABLE, detail=_too_old(window, earliest))
        if reach.since < window.until:
            unread = self._pages(reader, wanted, Period(since=reach.since, until=window.until), reach, kept) or unread
        return LookedUp(
            name=wanted.name, window=window, since=reach.since, events=reach.events, calls=reach.calls, unread=unread,
            configuration=wanted.window == "configuration",
        )  # fmt: skip

    def _window(self, wanted: Wanted) -> Period:
        if wanted.window == "events":
            return self.found.window
        return Period(since=self.found.started - self.found.request.period, until=self.found.started)

    def _pages(
        self, reader: Reader, wanted: Wanted, window: Period, reach: "_Reach", kept: list[ManagementEvent]
    ) -> Gap | None:
        """Read page after page, the newest events first; return why there are more."""
        attribute = _attribute(wanted)
        params: dict[str, Any] = {
            "LookupAttributes": [attribute],
            "StartTime": window.since,
            "EndTime": window.until,
            "MaxResults": 50,
        }
        seen: set[str] = set()
        while True:
            if self.calls >= MOST_CALLS or reach.calls >= wanted.pages:
                reach.stopped(window)
                return Gap(cause=Cause.CAPPED, detail=_capped(wanted.name, self.target.region, reach.since))
            self.calls += 1
            try:
                shown = {attribute["AttributeKey"]: attribute["AttributeValue"], "page": str(len(seen) + 1)}
                answer = reader.call(OPERATION, params, again=True, shown=shown)
            except CallFailed as failed:
                reach.stopped(window)
                self.refused = gap_of(failed)
                return self.refused
            reach.calls += 1
            self._take(answer.data["Events"], wanted, reach, kept)
            token = answer.data.get("NextToken")
            if not token:
                return None
            if token in seen:
                reach.stopped(window)
                return Gap(cause=Cause.ERROR, detail=f"CloudTrail gave the same page of {wanted.name} twice.")
            seen.add(token)
            params = {**params, "NextToken": token}

    def _take(
        self, events: Sequence[Mapping[str, Any]], wanted: Wanted, reach: "_Reach", kept: list[ManagementEvent]
    ) -> None:
        path = self.folder / f"{self.target.region}.jsonl"
        with path.open("ab") as spool:
            for given in events:
                text = str(given.get("CloudTrailEvent", "")).replace("\n", " ")
                event = _event(given, text, wanted)
                reach.oldest = event.time
                if wanted.invoked_by and event.user != wanted.invoked_by:
                    continue
                reach.events += 1
                if wanted.window == "configuration" and event.name not in CHANGING:
                    continue
                if wanted.window == "events":
                    spool.write(text.encode("utf-8", "replace") + b"\n")
                if reach.events <= FIRST_EVENTS:
                    kept.append(event)


def _attribute(wanted: Wanted) -> dict[str, str]:
    if wanted.name == CHANGES:
        return {"AttributeKey": "ReadOnly", "AttributeValue": "false"}
    return {"AttributeKey": "EventName", "AttributeValue": wanted.name}


@dataclass
class _Reach:
    """How far the lookup of one name got."""

    since: datetime
    events: int = 0
    calls: int = 0
    oldest: datetime | None = None

    def stopped(self, window: Period) -> None:
        """Note that nothing older than the last event was read."""
        self.since = self.oldest or window.until


def _too_old(window: Period, earliest: datetime) -> str:
    return (
        f"CloudTrail keeps events for {KEPT.days} days: what happened from {window.since:%Y-%m-%d} to "
        f"{earliest:%Y-%m-%d} stands in files alone. Give them with --cloudtrail."
    )


def _capped(name: str, region: str, since: datetime) -> str:
    return (
        f"After the {MOST_CALLS} calls of LookupEvents that are made in {region} the events named {name} before "
        f"{since:%Y-%m-%d %H:%M} UTC were left unread: shorten the window with --since, or give files "
        "with --cloudtrail."
    )


def _event(given: Mapping[str, Any], text: str, wanted: Wanted) -> ManagementEvent:
    return reduced(
        text,
        event=text_of(given.get("EventId")),
        time=utc(given["EventTime"]),
        name=text_of(given.get("EventName")),
        source=text_of(given.get("EventSource")),
        kept=wanted.parameters,
    )
