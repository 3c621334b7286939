"""Scan logs: read every line of every file, run the rules, and account for all of it."""

import os
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, Literal

import duckdb

from eksaminer.detection.fields import Log
from eksaminer.detection.observe import observable
from eksaminer.detection.rule import Rule
from eksaminer.evidence.scan import (
    Accounting,
    AuditLogScan,
    CloudTrailScan,
    Contribution,
    EventCounts,
    FileAccount,
    Hit,
    LevelCount,
    Refusals,
    RuleResult,
    TimeCoverage,
)
from eksaminer.gap import Gap
from eksaminer.logs import attribution, hits, kept_calls
from eksaminer.logs.attribution import Attribution, TrailPlace
from eksaminer.logs.chunk import Ledger
from eksaminer.logs.coverage import time_coverage
from eksaminer.logs.engine import Engine
from eksaminer.logs.errors import LogError, Problem
from eksaminer.logs.feed import Feed
from eksaminer.logs.kept import Keeper, Kept
from eksaminer.logs.kept_calls import RegionCalls
from eksaminer.logs.probe import BEGINNING, HEAD, TEST_OBJECT, Form, of_cloudtrail, probe
from eksaminer.logs.refusals import refusals
from eksaminer.logs.sizes import contributions
from eksaminer.logs.source import LogFile, discover
from eksaminer.logs.unpack import Unpacked, contains, head
from eksaminer.outcome import Period

COMPRESSED = frozenset({".gz", ".zst", ".zstd"})
MEMORY_LIMIT = "700MB"
"""What the engine may use; the rest of the program comes on top."""
THREADS = 4

Progress = Callable[[int, int, str], None]
"""Called with the bytes read so far, the bytes in all, and the name of the file."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to scan."""

    since: datetime | None = None
    until: datetime | None = None
    """Events outside are read and counted, but not judged."""
    memory_limit: str = MEMORY_LIMIT
    threads: int = field(default_factory=lambda: max(1, min((os.cpu_count() or 1) - 1, THREADS)))
    """Of the log engine; one more unpacks the files."""
    progress: Progress | None = None
    account: str = ""
    """The account whose CloudTrail events are judged: those of others are counted. Empty: all are judged."""
    empty: bool = False
    """Whether a log without a line, or without an audit event, is a result and not an error."""
    stdin: BinaryIO | None = None
    keep: Path | None = None
    """Where to write a copy of what was read, which can be scanned like the logs."""
    calls: tuple[str, ...] = ()
    """The names of calls that CloudTrail recorded which are kept whole, outside the window too."""


DEFAULTS = Options()


@dataclass(frozen=True, slots=True)
class Span:
    """Events of one log, and when the first and the last happened."""

    first: datetime | None = None
    last: datetime | None = None
    events: int = 0


@dataclass(frozen=True)
class ScanOutcome:
    """What a scan found. The hits can be read as long as the scan is open."""

    accounting: Accounting
    levels: tuple[LevelCount, ...]
    rules: tuple[RuleResult, ...]
    seen: Mapping[Log, "Span"]
    """The events that were judged, by the log they stand in."""
    trail: tuple[TrailPlace, ...]
    """The regions that the events of CloudTrail belong to; of other accounts too, whose events are not judged."""
    own_requests: int
    """Requests of eksaminer itself: not judged, and not among the events read."""
    sizes: tuple[Contribution, ...]
    """What makes the audit log large."""
    time_coverage: TimeCoverage | Gap
    """Of which time between `since` and `until` there are audit events."""
    refusals: Refusals | Gap
    """The audit events between `since` and `until` that say a request was refused, by minute."""
    skipped: tuple[tuple[str, str], ...]
    """Files found in folders that are no logs, and why they were left out."""
    since: datetime | None
    until: datetime | None
    _engine: Engine

    @property
    def span(self) -> Span:
        """The events of all logs."""
        spans = [span for span in self.seen.values() if span.events]
        return Span(
            first=min((span.first for span in spans if span.first), default=None),
            last=max((span.last for span in spans if span.last), default=None),
            events=sum(span.events for span in spans),
        )

    @property
    def first_event(self) -> datetime | None:
        """When the first event happened."""
        return self.span.first

    @property
    def last_event(self) -> datetime | None:
        """When the last event happened."""
        return self.span.last

    @property
    def events_read(self) -> int:
        """How many events were judged."""
        return self.span.events

    def hits(self) -> Iterator[tuple[str, Hit]]:
        """Yield every hit with the id of its rule, rule by rule."""
        for index, hit in hits.iterate(self._engine):
            yield self._engine.rules[index].id, hit

    def section(
        self,
        *,
        origin: Literal["cloudwatch", "files"],
        window: Period | None = None,
        unread: Gap | None = None,
        sources: tuple[str, ...] = (),
        events_read: int | None = None,
        time_coverage: Gap | None = None,
        refusals: Gap | None = None,
    ) -> AuditLogScan:
        """Return the section of evidence. A log without events needs the *window* that was asked for.

        *time_coverage* says why the events that were read tell nothing of those that there are, *refusals* why they
        need not hold every refusal.
        """
        span = self.seen[Log.AUDIT]
        return AuditLogScan(
            sources=sources, origin=origin, window=window or self.window(Log.AUDIT),
            first_event=span.first, last_event=span.last,
            events_read=span.events if events_read is None else events_read,
            accounting=self.accounting, levels=self.levels, rules=self._rules(Log.AUDIT), unread=unread,
            time_coverage=time_coverage or self.time_coverage, refusals=refusals or self.refusals,
            sizes=self.sizes if origin == "files" else (),
        )  # fmt: skip

    def trail_section(
        self,
        region: str = "",
        place: TrailPlace | None = None,
        *,
        unread: Gap | None = None,
        sources: tuple[str, ...] = (),
    ) -> CloudTrailScan:
        """Return the section of evidence of one region and its *place*, or of all events of CloudTrail together."""
        span = self.seen[Log.TRAIL] if place is None else Span(place.first, place.last, place.events)
        return CloudTrailScan(
            sources=sources,
            origin="files",
            window=self.window(Log.TRAIL),
            first_event=span.first,
            last_event=span.last,
            events_read=span.events,
            rules=_results(self._engine, (), hits.in_region(region)) if region else self._rules(Log.TRAIL),
            unread=unread,
            management=None if place is None else EventCounts(reads=place.reads, writes=place.writes),
        )

    def attribution(self) -> Attribution:
        """Join the events of CloudTrail by access key, as long as the scan is open."""
        return attribution.attribution(self._engine.connection, self._engine.own_account)

    def calls(self) -> tuple[RegionCalls, ...]:
        """Return the calls of `Options.calls`, region by region, as long as the scan is open."""
        return kept_calls.by_region(self._engine.connection)

    def _rules(self, log: Log) -> tuple[RuleResult, ...]:
        of_log = {rule.id for rule in self._engine.rules if rule.log is log}
        return tuple(result for result in self.rules if result.rule in of_log)

    def window(self, log: Log) -> Period:
        """Return the time that was asked for; where none was, from the first event of *log* to its last."""
        span = self.seen[log]
        since, until = self.since or span.first, self.until or span.last
        if since is None or until is None:
            raise LogError(Problem.EMPTY, "The log holds no event, so it covers no period; state one.")
        return Period(since=since, until=until)


@contextmanager
def scan(
    paths: Sequence[str | Path | LogFile], rules: Sequence[Rule], options: Options = DEFAULTS
) -> Generator[ScanOutcome]:
    """Scan the logs that *paths* name: files, folders, globs, `-` for standard input.

    Raises:
        LogError: where nothing can be said: a file that is missing or unreadable, a log without
            a line, or lines of which none is an audit event.
    """
    with TemporaryDirectory(prefix="eksaminer-") as private:
        folder = Path(private)
        files = discover(paths, folder, options.stdin)
        yield from _scanned(files, rules, options, folder)


def scan_spool(
    spooled: Mapping[str, Path], rules: Sequence[Rule], options: Options = DEFAULTS
) -> Iterator[tuple[str, ScanOutcome]]:
    """Scan what `SpoolWriter` wrote: yield each log group with its outcome, open until the next."""
    for log_group in sorted(spooled):
        with TemporaryDirectory(prefix="eksaminer-") as private:
            files = (LogFile(spooled[log_group], log_group, named=True),)
            for outcome in _scanned(files, rules, options, Path(private)):
                yield log_group, outcome


def _scanned(files: Sequence[LogFile], rules: Sequence[Rule], options: Options, folder: Path) -> Iterator[ScanOutcome]:
    with ExitStack() as stack:
        keeper = None if options.keep is None else stack.enter_context(closing(Keeper(options.keep)))
        engine = Engine(
            sorted(rules, key=lambda rule: rule.id), folder, since=options.since, until=options.until,
            account=options.account, memory_limit=options.memory_limit, threads=options.threads, keeper=keeper,
            calls=options.calls,
        )  # fmt: skip
        stack.enter_context(closing(engine))
        yield _read(engine, files, options, keeper)


def _read(engine: Engine, files: Sequence[LogFile], options: Options, keeper: Keeper | None) -> ScanOutcome:
    try:
        engine.prepare()
        reading = _Reading(engine, options, sum(file.size for file in files))
        for file in files:
            reading.read(file)
        accounts = reading.finish()
        coverage = time_coverage(engine, [ledger for ledger, _ in accounts], options.since, options.until)
        found = _outcome(engine, tuple(file for _, file in accounts), tuple(reading.skipped), coverage, options)
        if keeper is not None:
            keeper.finish(engine.connection, engine.places, accounts, reading.skipped)
    except OSError as error:
        raise LogError(Problem.UNREADABLE, f"Cannot read the log: {error.filename or ''} {error.strerror}.") from error
    except duckdb.Error as error:
        told = str(error).partition("\n")[0]
        raise LogError(Problem.UNREADABLE, f"The log engine could not go on: {told}") from error
    return found


class _Reading:
    """Reads file after file into the engine."""

    def __init__(self, engine: Engine, options: Options, total: int) -> None:
        self.skipped: list[tuple[str, str]] = []
        self._engine = engine
        self._feed = Feed(engine.new_part, engine.submit)
        self._progress = options.progress
        self._done = 0
        self._total = total
        self._accounts: list[tuple[Ledger, Callable[[], FileAccount]]] = []

    def read(self, file: LogFile) -> None:
        """Read one file, or note why it is left out."""
        if file.path.is_dir():
            self._read_kept(file)
            return
        start = head(file.path, BEGINNING)
        if not of_cloudtrail(start):
            start = head(file.path, HEAD)
        form = probe(start)
        reason = _foreign(file, form, start) if form is Form.DIGEST or not file.named else ""
        if reason:
            self.skipped.append((file.name, reason))
            return
        unpacked = Unpacked(file.path, lambda count: self._report(file, count))
        packed = f"+{unpacked.compression}" if unpacked.compression else ""
        ledger = Ledger(file.name, f"{form}{packed}")
        self._feed.read(form, unpacked.blocks(), ledger)
        self._accounts.append((ledger, partial(_account, ledger, unpacked)))

    def finish(self) -> list[tuple[Ledger, FileAccount]]:
        """Read the rest and return the accounts of all files."""
        self._feed.finish()
        self._engine.finish()
        self._engine.settle()
        return [(ledger, account()) for ledger, account in self._accounts]

    def _read_kept(self, file: LogFile) -> None:
        kept = Kept(file.path, file.name)
        self._feed.finish()
        self._engine.read_kept(kept)
        for ledger, item in zip(kept.ledgers, kept.manifest.files, strict=True):
            self._accounts.append((ledger, partial(_same, item.account)))
        self.skipped.extend(kept.manifest.skipped)
        self._report(file, file.size)

    def _report(self, file: LogFile, count: int) -> None:
        self._done += count
        if self._progress is not None:
            self._progress(self._done, self._total, file.name)


def _account(ledger: Ledger, unpacked: Unpacked) -> FileAccount:
    return ledger.account(unpacked.sha256, unpacked.incomplete or _cut_short(unpacked.path))


def _same(account: FileAccount) -> FileAccount:
    return account


def _foreign(file: LogFile, form: Form, start: bytes) -> str:
    """Say why a file that was found in a folder is no log; empty where it is one."""
    if form is Form.EMPTY:
        return "" if _cut_short(file.path) else "empty"
    if start.strip() == TEST_OBJECT:
        return "the test object that CloudWatch writes before an export"
    if form is Form.DIGEST:
        return "a digest file of CloudTrail, which holds no event"
    if form is Form.UNKNOWN and not contains(file.path, b'"auditID"'):
        return "not a log of a known form"
    return ""


def _cut_short(path: Path) -> str:
    """Say why a file without a byte is no empty log: its name says that it was to be a compressed one."""
    if path.stat().st_size == 0 and path.suffix in COMPRESSED:
        return "it holds no byte, and a compressed file has some: the download was interrupted"
    return ""


def _outcome(
    engine: Engine,
    files: tuple[FileAccount, ...],
    skipped: tuple[tuple[str, str], ...],
    coverage: TimeCoverage | Gap,
    options: Options,
) -> ScanOutcome:
    accounting = _accounting(engine, files)
    if not options.empty:
        _refuse_other_kinds(accounting, skipped)
    levels = tuple(
        LevelCount(group=row[0], resource=row[1], verb=row[2], level=row[3], count=row[4])
        for row in engine.rows(
            'SELECT "group", resource, verb, level, sum(n)::BIGINT FROM kinds GROUP BY ALL ORDER BY ALL'
        )
    )
    return ScanOutcome(
        accounting=accounting,
        levels=levels,
        rules=_merged(engine, levels),
        seen=_spans(engine),
        trail=attribution.places(engine.connection),
        own_requests=engine.rows("SELECT count(DISTINCT id) FROM requests WHERE own")[0][0],
        time_coverage=coverage,
        sizes=contributions(engine.connection),
        refusals=refusals(engine),
        skipped=skipped,
        since=options.since,
        until=options.until,
        _engine=engine,
    )


def _accounting(engine: Engine, files: tuple[FileAccount, ...]) -> Accounting:
    return Accounting(
        lines=sum(file.lines for file in files),
        good=sum(file.good for file in files),
        bad=sum(file.bad for file in files),
        blank=sum(file.blank for file in files),
        truncated=sum(file.truncated for file in files),
        other=sum(file.other for file in files),
        requests=engine.rows("SELECT count(DISTINCT id) FROM requests")[0][0],
        files=files,
    )


def _spans(engine: Engine) -> dict[Log, Span]:
    """Return what was seen of each log."""
    found = dict.fromkeys(Log, Span())
    for log, first, last, events in engine.rows(
        "SELECT log, epoch_us(min(first)), epoch_us(max(last)), sum(n)::BIGINT FROM times WHERE n > 0 GROUP BY log"
    ):
        # Of cut lines without a time of their entry nobody knows when they were written.
        found[Log(log)] = Span(_moment(first), _moment(last), events)
    return found


def _moment(microseconds: int | None) -> datetime | None:
    return None if microseconds is None else hits.EPOCH + timedelta(microseconds=microseconds)


def _merged(engine: Engine, levels: tuple[LevelCount, ...]) -> tuple[RuleResult, ...]:
    """Return what each rule found; a rule for a log that was not given has no result."""
    hits.merge(engine)
    return _results(engine, levels, hits.ANYWHERE)


def _results(engine: Engine, levels: tuple[LevelCount, ...], where: str) -> tuple[RuleResult, ...]:
    """Return what each rule found *where*: everywhere, or, of CloudTrail alone, in one region."""
    logs = (engine.logs or {Log.AUDIT}) if where == hits.ANYWHERE else {Log.TRAIL}
    counts, groups = hits.counts(engine, where), hits.groups(engine, where)
    first = hits.first_hits(engine, counts, where)
    return tuple(
        RuleResult(
            rule=rule.id,
            logic=rule.logic,
            hits=counts.get(index, 0),
            groups=tuple(groups.get(index, ())),
            first_hits=tuple(first.get(index, ())),
            compared=rule.compared,
            observable=observable(rule.predicate, levels) if rule.log is Log.AUDIT else "yes",
        )
        for index, rule in enumerate(engine.rules)
        if rule.log in logs
    )


def _broken(file: FileAccount) -> bool:
    """Whether something was in the file, and could not be read to its end."""
    return bool(file.incomplete) and file.format != Form.EMPTY


def _refuse_other_kinds(accounting: Accounting, skipped: tuple[tuple[str, str], ...]) -> None:
    """Raise where there is no audit event at all."""
    if accounting.good > accounting.other:
        return
    names = ", ".join([file.path for file in accounting.files[:3]] + [name for name, _ in skipped[:3]])
    broken = next((f"{file.path}: {file.incomplete}" for file in accounting.files if _broken(file)), "")
    if broken:
        raise LogError(Problem.UNREADABLE, f"No audit event could be read; {broken}.")
    if accounting.lines == accounting.blank and not any(reason != "empty" for _, reason in skipped):
        raise LogError(
            Problem.EMPTY, f"The log is empty ({names}): no audit event was delivered, or none was exported."
        )
    raise LogError(
        Problem.OTHER_KIND,
        f"None of the {accounting.lines} lines read is a Kubernetes audit event ({names}): this is a log of another "
        "kind. Export the streams kube-apiserver-audit-* of the log group /aws/eks/CLUSTER/cluster.",
    )
