"""Files of CloudTrail: the rules run over them, and their events are attributed to service accounts.

Whose events they are, the events tell: those of the account are judged by region, those of others are counted.
Calls that weaken auditing are taken out whenever they happened: the window of events does not bind them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from eksaminer.collect.areas import Sections
from eksaminer.collect.buckets import SCHEME, Fetched, fetch
from eksaminer.collect.discovery import Discovery
from eksaminer.collect.exports import error_of
from eksaminer.collect.management import CHANGING, from_record
from eksaminer.collect.store import Store
from eksaminer.detection import Rule
from eksaminer.detection.fields import Log
from eksaminer.errors import InputError
from eksaminer.evidence.lookups import CHANGES, CloudTrailEvents, FilesRead, LookedUp
from eksaminer.evidence.model import Source, Target
from eksaminer.evidence.scan import Accounting, CloudTrailScan
from eksaminer.evidence.workloads import Elsewhere, RegionRead, WorkloadCalls
from eksaminer.gap import Cause, Gap
from eksaminer.logs import LogError, Options, RegionCalls, ScanOutcome, TrailPlace, scan
from eksaminer.logs.kept_calls import MOST_CALLS
from eksaminer.logs.missing import missing
from eksaminer.logs.source import LogFile
from eksaminer.outcome import Period, Scope
from eksaminer.record import digest

NO_FILES = Gap(
    cause=Cause.NOT_REQUESTED, detail="The rule looks at CloudTrail, whose files were not given: --cloudtrail PATH."
)
NOT_THESE = (
    "The files of CloudTrail hold no event of {region}: those of another region were given, or nothing happened."
)
TOO_SHORT = (
    "The files of CloudTrail hold events of {region} from {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC: what "
    "happened in the rest of the period ({since:%Y-%m-%d %H:%M} to {until:%Y-%m-%d %H:%M} UTC) they do not show."
)
TOO_MANY = (
    "The files of CloudTrail hold more calls of {region} that change how it is audited than are judged ({most:,}): the "
    "oldest were left out."
)


def read_files(found: Discovery, store: Store, rules: Sequence[Rule]) -> dict[Target, Sections]:
    """Read the files of `--cloudtrail`; return sections by account and region. Raises `EksaminerError`."""
    request = found.request
    options = Options(
        since=request.since, until=request.until, account=found.account.account, empty=True, calls=tuple(CHANGING)
    )
    own = tuple(rule for rule in rules if rule.log is Log.TRAIL)
    urls = [path for path in request.cloudtrail if path.startswith(SCHEME)]
    paths: list[str | LogFile] = [path for path in request.cloudtrail if path not in urls]
    with TemporaryDirectory(prefix="eksaminer-", ignore_cleanup_errors=True) as private:
        fetched = fetch(found, urls, Path(private))
        try:
            with scan([*paths, *fetched.files], own, options) as outcome:
                return _Files(found, outcome, fetched, _kept(found, store, outcome.accounting)).sections()
        except LogError as error:
            raise error_of(error) from error


def _kept(found: Discovery, store: Store, accounting: Accounting) -> str:
    """Record the files as one source: there may be thousands, whose digests the section lists."""
    paths = ", ".join(found.request.cloudtrail)
    source = Source(
        id="files-" + digest([found.account.label, paths])[:16],
        operation="file",
        parameters={"path": paths, "format": "cloudtrail", "files": str(len(accounting.files))},
        region="",
        time=found.clock.now(),
        request_id="",
        sha256_received=digest([[file.path, file.sha256] for file in accounting.files]),
        sha256_stored="",
    )
    store.keep(source, b"")
    return source.id


@dataclass(frozen=True)
class _Files:
    found: Discovery
    outcome: ScanOutcome
    fetched: Fetched
    source: str

    @property
    def sources(self) -> tuple[str, ...]:
        """The ids of what was read."""
        return (self.source, *self.fetched.sources)

    def sections(self) -> dict[Target, Sections]:
        """Return the sections, or the gaps of files that hold no event of the account."""
        account = self.found.account
        regions = [Target(account=account.account, partition=account.partition, region=n) for n in self.found.regions]
        nothing = self._nothing()
        calls = {item.region: self._calls(item) for item in self.outcome.calls()}
        made: dict[Target, Sections] = {
            target: {CloudTrailScan.key: nothing or self._rules(target.region)} for target in regions
        }
        for target in regions:
            if target.region in calls:
                made[target][CloudTrailEvents.key] = calls[target.region]
        return {account: {WorkloadCalls.key: nothing or self._workloads()}, **made}

    def _calls(self, read: RegionCalls) -> CloudTrailEvents:
        """Return the calls that may weaken auditing, and of which part of the period they are."""
        period = Period(since=self.found.started - self.found.request.period, until=self.found.started)
        times = {"region": read.region, "first": read.first, "last": read.last}
        rest = TOO_SHORT.format(**times, since=period.since, until=period.until)
        many = (
            Gap(cause=Cause.CAPPED, detail=TOO_MANY.format(region=read.region, most=MOST_CALLS)) if read.more else None
        )
        unread = self._unread or many
        asked = LookedUp(
            name=CHANGES, window=period, since=period.until, events=0, calls=0, configuration=True,
            unread=unread or Gap(cause=Cause.NOT_REQUESTED, detail=rest, sources=self.sources),
        )  # fmt: skip
        found = map(from_record, read.records)
        events = [event for event in found if event is not None and event.time >= period.since]
        return CloudTrailEvents(
            sources=self.sources,
            asked=(asked,),
            events=tuple(sorted(events, key=lambda event: (event.time, event.name, event.id))),
            files=FilesRead(first=read.first, last=read.last, unread=unread),
        )

    def _nothing(self) -> Gap | None:
        """Return why nothing can be said at all. Raises `InputError` for files of another kind."""
        accounting = self.outcome.accounting
        if self.outcome.seen[Log.TRAIL].events:
            return None
        names = ", ".join(
            [file.path for file in accounting.files[:3]] or [name for name, _ in self.outcome.skipped[:3]]
        )
        others = sorted({place.account or "an unknown account" for place in self.outcome.trail})
        if self._unread is not None and self.fetched.unread:
            return self._unread
        nothing = accounting.good == accounting.other or (not others and self.outcome.seen[Log.AUDIT].events > 0)
        if nothing and (accounting.lines > accounting.blank or self.outcome.skipped):
            raise InputError(
                f"No line is a record of CloudTrail ({names}): these are files of another kind.",
                "Name files as CloudTrail writes them below AWSLogs/ACCOUNT/CloudTrail/, or answers of LookupEvents.",
            )
        within = " between --since and --until" if self._bounded else ""
        whose = f": they belong to {', '.join(others[:5])}" if others else ""
        detail = f"The files of CloudTrail hold no event of {self.found.account.account}{within}{whose} ({names})."
        return Gap(cause=Cause.ERROR, detail=detail, sources=self.sources)

    @property
    def _bounded(self) -> bool:
        return self.outcome.since is not None or self.outcome.until is not None

    @property
    def _own(self) -> dict[str, TrailPlace]:
        account = self.found.account.account
        return {place.region: place for place in self.outcome.trail if place.account == account}

    def _rules(self, region: str) -> CloudTrailScan | Gap:
        if region not in self._own:
            return Gap(cause=Cause.NOT_REQUESTED, detail=NOT_THESE.format(region=region), sources=self.sources)
        return self.outcome.trail_section(region, self._own[region], unread=self._unread, sources=self.sources)

    @property
    def _unread(self) -> Gap | None:
        """Why events may be missing; the gravest reason."""
        gaps = [*self.fetched.unread, *missing(self.outcome)]
        return next((gap for gap in gaps if gap.cause is Cause.DENIED), next(iter(gaps), None))

    def _workloads(self) -> WorkloadCalls:
        who = self.outcome.attribution()
        window = self.outcome.window(Log.TRAIL)
        return WorkloadCalls(
            sources=self.sources,
            origin="files",
            window=window,
            regions=tuple(self._read(region, window) for region in sorted({*self.found.regions, *self._own})),
            taken=who.taken,
            untold=who.untold,
            pods=who.pods,
            nameless=who.nameless,
            elsewhere=tuple(self._elsewhere()),
            left_out=self.fetched.left_out,
            files=self.outcome.accounting,
        )

    def _read(self, region: str, window: Period) -> RegionRead:
        place = self._own.get(region)
        if place is None:
            gap = Gap(cause=Cause.NOT_REQUESTED, detail=NOT_THESE.format(region=region))
            return RegionRead(region=region, events=0, since=window.since, until=window.until, unread=gap)
        since, until = self.outcome.since or place.first, self.outcome.until or place.last
        return RegionRead(region=region, events=place.events, since=since, until=until, unread=self._unread)

    def _elsewhere(self) -> list[Elsewhere]:
        return [
            Elsewhere(account=place.account, region=place.region, events=place.events)
            for place in self.outcome.trail
            if place.account != self.found.account.account or place.region not in self.found.regions
        ]


def not_given(found: Discovery) -> dict[Target, Sections]:
    """Return the gaps of the regions where no file was given."""
    regions = [target for target in found.found if target.scope is Scope.REGION]
    return {target: {CloudTrailScan.key: NO_FILES} for target in regions}
