"""Scan exported logs and judge what was found: the part of `eksaminer scan` that does the work."""

import re
import textwrap
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType

from tabulate import tabulate

from eksaminer.assessment import WORST_FIRST, assess
from eksaminer.cli.console import Console, printable
from eksaminer.cli.scanned import SCHEMA, ScanBroken, ScanGap, ScanHit, ScanLeftOut, ScanPeriod, ScanRule
from eksaminer.cli.setup import Setup
from eksaminer.collect.baseline import INSTANT, attach, read_baseline
from eksaminer.criteria import Criteria
from eksaminer.detection import Rule
from eksaminer.detection.fields import Log
from eksaminer.errors import EksaminerError, InputError, UsageError
from eksaminer.evidence.collection import Collection, CollectionInfo, Identity
from eksaminer.evidence.grant import grant_of, granted, refused_by
from eksaminer.evidence.model import Evidence, Section, Target
from eksaminer.evidence.scan import Accounting, AuditLogScan, Baseline, CloudTrailScan, Hit, HitGroup, total_of
from eksaminer.expected import Expectations
from eksaminer.findings import Assessment, Finding
from eksaminer.gap import Cause, Gap
from eksaminer.gate import Decision, Gate, decide
from eksaminer.logs import LogError, Options, Problem, ScanOutcome, scan
from eksaminer.logs.missing import missing
from eksaminer.outcome import Period, Scope, Status
from eksaminer.record import canonical_json
from eksaminer.registry import Loaded
from eksaminer.render.texts import ENGLISH, texts
from eksaminer.rule_check import asked_for
from eksaminer.wording import duration

LOGS = Target(account="", region="files", cluster="logs")
"""Raw audit events name no cluster: what is judged is the logs that were given."""
TRAIL = LOGS.at(Scope.REGION)
"""So is CloudTrail, of whatever accounts and regions."""
NO_AUDIT_LOG = Gap(cause=Cause.NOT_REQUESTED, detail="No audit log is among the files.")
NO_CLOUDTRAIL = Gap(cause=Cause.NOT_REQUESTED, detail="No file of CloudTrail is among the files.")
ANY_TIME = datetime(1970, 1, 1, tzinfo=UTC)
"""Stands where a record needs a time and a scan has none; nothing that is printed shows it."""
CLUSTER_GROUP = re.compile(r"/aws/eks/([^/]+)/cluster")
HITS_AT_ONCE = 1_000
SHOWN_FINDINGS = 20
SHOWN_GAPS = 5
SHOWN_GRANTS = 3
NARROWEST_TITLE = 20
HEAD_ROOM = 2
"""What tabulate adds to the head of a column."""
GUTTER = 2
WIDE = 100
"""From so many columns on there is room for the class of each rule."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A scan with what it means."""

    outcome: ScanOutcome
    gaps: tuple[Gap, ...]
    assessment: Assessment
    decision: Decision
    rules: tuple[ScanRule, ...]
    loaded: Loaded
    expected: Mapping[str, Expectations]
    """Which hits are expected, by rule."""


@contextmanager
def judged(
    paths: Sequence[str], earlier: Sequence[Path], setup: Setup, gate: Gate, options: Options
) -> Generator[Judged]:
    """Scan *paths*, compare with what came *earlier*, and judge; the hits can be read as long as the context lasts.

    Raises:
        EksaminerError: nothing can be said: no such file, unreadable, or a log of another kind.
    """
    loaded, criteria = setup.loaded, setup.config.criteria
    rules = asked_for(loaded.rules, criteria)
    before = None if options.since is None else options.since - INSTANT
    baseline = read_baseline(earlier, None, rules, Options(until=before, empty=True)) if earlier else None
    try:
        with scan(paths, rules, options) as outcome:
            _refuse_other_kinds(outcome)
            gaps = missing(outcome)
            sections = _sections(outcome, gaps, baseline)
            assessment = _assessed(outcome, sections, loaded, criteria)
            expected = {result.rule: Expectations(result, criteria, baseline) for result in outcome.rules}
            shown = tuple(_rules(outcome, loaded.rules, assessment, expected))
            yield Judged(outcome, gaps, assessment, decide(assessment, gate), shown, loaded, expected)
    except LogError as error:
        raise _error(error) from error


def write_json(found: Judged, criteria: Criteria, console: Console) -> None:
    """Print everything as JSON, hit by hit: there may be more of them than memory holds."""
    outcome = found.outcome
    period = ScanPeriod(
        since=outcome.since,
        until=outcome.until,
        first_event=outcome.first_event,
        last_event=outcome.last_event,
        gaps=tuple(_gaps(found, criteria)),
        streams=() if isinstance(outcome.time_coverage, Gap) else outcome.time_coverage.streams,
    )
    head = {
        "period": period,
        "accounting": outcome.accounting,
        "levels": outcome.levels,
        "rules": found.rules,
        "rules_left_out": _left_out(found.loaded),
    }
    console.raw(b'{"schema":"' + SCHEMA.encode() + b'"')
    for name, value in head.items():
        console.raw(b',"' + name.encode() + b'":' + canonical_json(value))
    console.raw(b',"hits":[')
    trail = {rule.id for rule in found.loaded.rules if rule.log is Log.TRAIL}
    for number, (rule, hit) in enumerate(_kept(found)):
        console.raw((b"," if number else b"") + canonical_json(_hit(rule, hit, in_trail=rule in trail)))
    console.raw(b"]}\n")


def _left_out(loaded: Loaded) -> ScanLeftOut:
    broken = tuple(ScanBroken(file=item.file, line=item.line, problem=item.problem) for item in loaded.errors)
    return ScanLeftOut(broken=broken, other_logs=dict(loaded.left_out))


def _gaps(found: Judged, criteria: Criteria) -> Iterator[ScanGap]:
    yield from (ScanGap(cause=gap.cause, detail=gap.detail, since=None, until=None) for gap in found.gaps)
    for span in _silences(found.outcome, criteria):
        detail = f"The log holds no event of {duration(total_of([span]))}: nothing happened, or events are missing."
        yield ScanGap(cause=Cause.NO_EVENT, detail=detail, since=span.since, until=span.until)


def _silences(outcome: ScanOutcome, criteria: Criteria) -> tuple[Period, ...]:
    shortest = timedelta(minutes=criteria.gap_minutes)
    return () if isinstance(outcome.time_coverage, Gap) else outcome.time_coverage.silences(shortest)


def summary(found: Judged, titles: dict[str, str], criteria: Criteria, width: int) -> str:
    """Return the result for a person, on *width* columns."""
    outcome, accounting = found.outcome, found.outcome.accounting
    parts = [*_findings(found), _counted(accounting, outcome), *_cut(accounting), *_covered(outcome, criteria)]
    parts += _skipped(outcome)
    parts += [f"Not judged: {gap.detail}" for gap in found.gaps]
    parts.append(f"Exit code {found.decision.code}: {found.decision.reason}")
    return printable("\n\n".join([_table(found.rules, titles, width), *(_wrapped(part, width) for part in parts)]))


def _table(rules: Sequence[ScanRule], titles: dict[str, str], width: int) -> str:
    """Lay out *rules*; the titles take what the other columns leave, and in a narrow terminal the room of the class."""
    words, wide = texts(ENGLISH), width >= WIDE
    heads = ("rule", *(["class"] if wide else []), "status", "hits")
    cells = [
        (item.id, *([item.rule_class.value] if wide else []), words(f"status.{item.status}"), f"{item.hits:,}")
        for item in rules
    ]
    taken = sum(
        max(len(head) + HEAD_ROOM, *map(len, column)) + GUTTER for head, *column in zip(heads, *cells, strict=True)
    )
    return tabulate(
        [(name, titles[name], *rest) for name, *rest in cells],
        headers=(heads[0], "", *heads[1:]),
        colalign=(*["left"] * len(heads), "right"),
        maxcolwidths=[None, max(width - taken, NARROWEST_TITLE), *[None] * (len(heads) - 1)],
    )


def _wrapped(part: str, width: int) -> str:
    """Fill the lines of *part*; names stay whole."""
    return "\n".join(
        textwrap.fill(
            line, width, subsequent_indent=line[: len(line) - len(line.lstrip())],
            break_long_words=False, break_on_hyphens=False,
        )
        for line in part.splitlines()
    )  # fmt: skip


def _findings(found: Judged) -> Iterator[str]:
    told = [item for item in found.assessment.findings if item.status in (Status.FAIL, Status.REVIEW)]
    for item in sorted(told, key=lambda item: (WORST_FIRST.index(item.status), item.severity.rank))[:SHOWN_FINDINGS]:
        lines = [f"{item.status.upper()} {item.severity}: {item.check}", item.text, *_decided(found, item)]
        yield "\n  ".join(lines)
    if len(told) > SHOWN_FINDINGS:
        yield f"Further findings: {len(told) - SHOWN_FINDINGS}; --json has every hit."


def _decided(found: Judged, finding: Finding) -> Iterator[str]:
    """Say what let the requests of a finding through, and what refused them."""
    result = next((item for item in found.outcome.rules if item.rule == finding.check), None)
    if result is None:
        return
    own = [group for group in result.groups if finding.discriminator == f"actor:{group.actor}"]
    for words, decided in (("Allowed by", granted(own)), ("Refused by", _told(own))):
        if decided:
            more = f", {len(decided) - SHOWN_GRANTS:,} more" if len(decided) > SHOWN_GRANTS else ""
            yield f"{words}: {', '.join(f'{name}: {count:,}' for name, count in decided[:SHOWN_GRANTS])}{more}."


def _told(groups: Sequence[HitGroup]) -> tuple[tuple[str, int], ...]:
    words = texts(ENGLISH)
    return tuple((words(f"refusal.{word}"), count) for word, count in refused_by(groups))


def _counted(accounting: Accounting, outcome: ScanOutcome) -> str:
    span = ""
    if outcome.first_event is not None and outcome.last_event is not None:
        span = f", from {outcome.first_event:%Y-%m-%d %H:%M:%S} to {outcome.last_event:%Y-%m-%d %H:%M:%S} UTC"
    return (
        f"Audit events judged: {outcome.events_read:,} (distinct requests: {accounting.requests:,}){span}. "
        f"Lines: {accounting.lines:,} (files: {len(accounting.files):,}); {accounting.good:,} good (of them "
        f"{accounting.truncated:,} cut and salvaged, {accounting.other:,} of other logs), {accounting.bad:,} bad, "
        f"{accounting.blank:,} blank."
    )


def _cut(accounting: Accounting) -> Iterator[str]:
    if accounting.truncated:
        yield (
            f"A part of some events was cut ({accounting.truncated:,}): rules that look into bodies could not look at "
            "what stood there."
        )


def _covered(outcome: ScanOutcome, criteria: Criteria) -> Iterator[str]:
    """Say of which time there are events."""
    if isinstance(outcome.time_coverage, Gap):
        return
    shortest = duration(timedelta(minutes=criteria.gap_minutes))
    spans = _silences(outcome, criteria)
    if not spans:
        yield f"No span of {shortest} or longer without any audit event."
    else:
        shown = [f"{_clock(span.since)} to {_clock(span.until)}" for span in spans[:SHOWN_GAPS]]
        more = f"; and {len(spans) - SHOWN_GAPS:,} more" if len(spans) > SHOWN_GAPS else ""
        yield (
            f"Spans of {shortest} or longer without any audit event: {len(spans):,}, {duration(total_of(spans))} in "
            f"all. Nothing is said of them. UTC: {'; '.join(shown)}{more}."
        )
    streams = outcome.time_coverage.streams
    shown = [f"{item.stream} {_clock(item.first)} to {_clock(item.last)}" for item in streams[:SHOWN_GAPS]]
    if shown:
        more = f"; and {len(streams) - SHOWN_GAPS:,} more" if len(streams) > SHOWN_GAPS else ""
        yield f"Audit streams, first to last entry (UTC): {'; '.join(shown)}{more}."


def _clock(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def _skipped(outcome: ScanOutcome) -> Iterator[str]:
    if outcome.skipped:
        shown = "; ".join(f"{name}: {reason}" for name, reason in outcome.skipped[:3])
        yield f"Left out of the folders, being no audit logs: {len(outcome.skipped):,} ({shown})."


def _refuse_other_kinds(outcome: ScanOutcome) -> None:
    """Refuse a log without an audit event, unless it is empty: then nothing is assessed, which is a result."""
    accounting = outcome.accounting
    if accounting.good > accounting.other:
        return
    broken = next(
        (f"{file.path}: {file.incomplete}" for file in accounting.files if file.incomplete and file.format != "empty"),
        "",
    )
    if broken:
        raise InputError(f"No audit event could be read; {broken}.", "Export the log again.")
    other_text = next((file.path for file in accounting.files if _is_utf16(Path(file.path))), "")
    if other_text:
        raise InputError(f"{other_text} is UTF-16 text.", "Convert it first: iconv -f UTF-16 -t UTF-8 FILE.")
    if accounting.lines > accounting.blank or any(reason != "empty" for _, reason in outcome.skipped):
        raise InputError(
            "No line is a Kubernetes audit event: this is a log of another kind.",
            "Export the streams kube-apiserver-audit-* of the log group /aws/eks/CLUSTER/cluster.",
        )


def _is_utf16(path: Path) -> bool:
    """Say whether *path* begins like what PowerShell writes."""
    try:
        with path.open("rb") as file:
            return file.read(2) in {b"\xff\xfe", b"\xfe\xff"}
    except OSError:
        return False


def _assessed(
    outcome: ScanOutcome, sections: tuple[Section | Gap, Section | Gap], loaded: Loaded, criteria: Criteria
) -> Assessment:
    since, until = outcome.first_event or ANY_TIME, outcome.last_event or ANY_TIME
    window = Period(since=outcome.since or since, until=outcome.until or until)
    info = CollectionInfo(
        id="", tool_version="", identity=Identity(), started=window.since, finished=window.until,
        events=window, configuration=window, options={},
    )  # fmt: skip
    evidence = {
        target: Evidence(target, window.until, MappingProxyType({key: section}))
        for target, key, section in zip((LOGS, TRAIL), (AuditLogScan.key, CloudTrailScan.key), sections, strict=True)
    }
    checks = [check for check in loaded.checks if check.rule_class]
    return assess(Collection(info, MappingProxyType(evidence)), checks, criteria, packs=loaded.packs)


def _sections(
    outcome: ScanOutcome, gaps: Sequence[Gap], baseline: Baseline | None
) -> tuple[Section | Gap, Section | Gap]:
    """Return what the audit log and CloudTrail say, each only where it was given."""
    if outcome.events_read == 0:
        return gaps[0], gaps[0]
    unread = gaps[0] if gaps else None
    audit, trail = (outcome.seen[log].events > 0 for log in (Log.AUDIT, Log.TRAIL))
    found = outcome.section(origin="files", unread=unread) if audit else NO_AUDIT_LOG
    return (
        attach(found, baseline) if baseline is not None and isinstance(found, AuditLogScan) else found,
        outcome.trail_section(unread=unread) if trail else NO_CLOUDTRAIL,
    )


def _rules(
    outcome: ScanOutcome, rules: Sequence[Rule], assessment: Assessment, expected: Mapping[str, Expectations]
) -> Iterator[ScanRule]:
    results = {result.rule: result for result in outcome.rules}
    for rule in rules:
        if rule.id not in results:
            continue
        found = [item.status for item in assessment.findings if item.check == rule.id]
        result = results[rule.id]
        yield ScanRule(
            id=rule.id,
            rule_class=rule.rule_class,
            severity=rule.severity,
            status=min(found, key=WORST_FIRST.index, default=Status.NOT_APPLICABLE),
            hits=sum(group.count for group in result.groups if not expected[rule.id].takes(group)),
            observable=result.observable,
            logic=result.logic,
            compared=result.compared,
            terms=result.terms,
        )


def _kept(found: Judged) -> Iterator[tuple[str, Hit]]:
    for rule, hit in found.outcome.hits():
        if not found.expected[rule].takes(hit):
            yield rule, hit


def _hit(rule: str, hit: Hit, *, in_trail: bool) -> ScanHit:
    cluster = CLUSTER_GROUP.fullmatch(hit.log_group)
    several = hit.aggregate
    return ScanHit(
        rule=rule, target=cluster[1] if cluster else "",
        audit_id="" if in_trail else hit.audit_id, event_id=hit.audit_id if in_trail else "",
        time=hit.time, user=hit.user, actor=hit.actor, session=hit.session, access_key=hit.access_key,
        source_ips=hit.source_ips, user_agent=hit.user_agent, verb=hit.verb,
        resource=hit.resource, code=hit.code, decision=hit.decision, reason=hit.reason,
        grant=grant_of(hit.decision, hit.reason), refusal=hit.refusal, dry_run=hit.dry_run,
        evidence=hit.evidence, truncated=hit.truncated, log_group=hit.log_group, file=hit.file, line=hit.line,
        terms=hit.terms, count=several.count if several else None,
        window=Period(since=several.since, until=several.until) if several else None,
        audit_ids=several.audit_ids if several else (),
    )  # fmt: skip


def _error(error: LogError) -> EksaminerError:
    if error.problem in {Problem.MISSING, Problem.OCCUPIED}:
        return UsageError(str(error))
    return InputError(str(error))
