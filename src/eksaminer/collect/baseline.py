"""Read an earlier period to compare with: logs, what an earlier scan or run wrote, or a bundle."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from eksaminer.detection import Rule, RuleClass
from eksaminer.errors import InputError, UsageError
from eksaminer.evidence import bundle
from eksaminer.evidence.model import Target
from eksaminer.evidence.scan import (
    MOST_TERMS,
    AuditLogScan,
    Baseline,
    BaselineRule,
    Compared,
    RuleResult,
)
from eksaminer.logs import LogError, Options, Problem, scan
from eksaminer.logs.missing import missing
from eksaminer.outcome import Period
from eksaminer.record import digest, sha256

OPTION = "--baseline"
MAX_BYTES = 512 << 20
HEAD = 4_096
SCAN, ASSESSMENT = b"eksaminer.scan/", b"eksaminer.assessment/"
INSTANT = timedelta(microseconds=1)


class _Rule(msgspec.Struct, frozen=True):
    logic: str
    terms: tuple[tuple[str, ...], ...]
    id: str = ""
    rule: str = ""
    compared: Compared = Compared.ACTORS


class _Counts(msgspec.Struct, frozen=True):
    good: int


class _Time(msgspec.Struct, frozen=True):
    since: datetime | None = None
    until: datetime | None = None
    first_event: datetime | None = None
    last_event: datetime | None = None


class _Scan(msgspec.Struct, frozen=True):
    """What is read of `eksaminer scan --json`."""

    period: _Time
    accounting: _Counts
    rules: tuple[_Rule, ...]


class _Cluster(msgspec.Struct, frozen=True):
    target: dict[str, str]
    window: Period
    events_read: int
    rules: tuple[_Rule, ...]


class _Activity(msgspec.Struct, frozen=True):
    clusters: tuple[_Cluster, ...]


class _Assessment(msgspec.Struct, frozen=True):
    """What is read of `assessment.json`."""

    activity: _Activity


def read_baseline(paths: Sequence[Path], target: Target | None, rules: Iterable[Rule], options: Options) -> Baseline:
    """Read the earlier period of *target* (None: of whatever the file holds) from *paths*.

    Logs are read up to `options.until`. Raises `EksaminerError` where they cannot be used.
    """
    only = paths[0] if len(paths) == 1 else None
    if only is not None and _is_bundle(only):
        return _of_bundle(only, target)
    if only is not None and only.is_file():
        with only.open("rb") as file:
            head = file.read(HEAD)
        if SCAN in head:
            return _of_scan(only, _decoded(only, _Scan))
        if head.lstrip().startswith(b"{") and (ASSESSMENT in head or b'"activity"' in head):
            return _of_assessment(only, _decoded(only, _Assessment), target)
    return _of_logs(paths, rules, options)


def attach(found: AuditLogScan, baseline: Baseline) -> AuditLogScan:
    """Return the scan *found* with what it is compared with. Raises `UsageError` where that is no earlier period."""
    if baseline.window.until >= found.window.since:
        raise UsageError(
            f"{OPTION} {baseline.name} ends at {baseline.window.until:%Y-%m-%d %H:%M:%S} UTC, and the window begins at "
            f"{found.window.since:%Y-%m-%d %H:%M:%S} UTC: what happened in both would not be new.",
            "Name an earlier period, or begin the window later with --since.",
        )
    return msgspec.structs.replace(found, baseline=baseline)


def _is_bundle(path: Path) -> bool:
    if path.is_dir():
        return (path / bundle.MANIFEST).is_file() or (path / "evidence.zip").is_file()
    return path.suffix == ".zip" and path.is_file()


def _of_bundle(path: Path, target: Target | None) -> Baseline:
    collection = bundle.load(path)
    scans = {
        item: section
        for item, evidence in collection.evidence.items()
        if isinstance(section := evidence.sections.get(AuditLogScan.key), AuditLogScan)
    }
    found = _one(scans, target, path)
    rules = _bounded(((item.rule, item.logic, item.terms) for item in found.rules if _compares(item)), path)
    return Baseline(
        name=str(path), sha256=digest(found), window=found.window, events_read=found.events_read, rules=rules,
        unread=found.unread,
    )  # fmt: skip


def _compares(result: RuleResult) -> bool:
    return result.compared is Compared.NEW


def _of_scan(path: Path, found: _Scan) -> Baseline:
    since = found.period.since or found.period.first_event
    until = found.period.until or found.period.last_event
    if since is None or until is None:
        raise InputError(f"{OPTION} {path} holds no event, so there is nothing to compare with.", "Name another file.")
    return Baseline(
        name=str(path), sha256=sha256(path.read_bytes()), window=Period(since=since, until=until),
        events_read=found.accounting.good, rules=_listed(found.rules, path), unread=None,
    )  # fmt: skip


def _of_assessment(path: Path, found: _Assessment, target: Target | None) -> Baseline:
    clusters = {
        Target(account=item.target["account"], region=item.target["region"], cluster=item.target["cluster"]): item
        for item in found.activity.clusters
    }
    own = _one(clusters, target, path)
    return Baseline(
        name=str(path), sha256=sha256(path.read_bytes()), window=own.window, events_read=own.events_read,
        rules=_listed(own.rules, path), unread=None,
    )  # fmt: skip


def _of_logs(paths: Sequence[Path], rules: Iterable[Rule], options: Options) -> Baseline:
    comparing = [rule for rule in rules if rule.rule_class is RuleClass.NEEDS_BASELINE]
    name = ", ".join(map(str, paths))
    try:
        with scan([str(path) for path in paths], comparing, options) as outcome:
            if outcome.events_read == 0:
                raise InputError(f"{OPTION} {name} holds no event before the window.", "Name an earlier period.")
            gaps = missing(outcome)
            found = outcome.section(origin="files", unread=gaps[0] if gaps else None)
    except LogError as error:
        kind = UsageError if error.problem is Problem.MISSING else InputError
        raise kind(f"{OPTION}: {error}") from error
    window = found.window if found.last_event is None else Period(since=found.window.since, until=found.last_event)
    return Baseline(
        name=name,
        sha256=digest([file.sha256 for file in found.accounting.files]),
        window=window,
        events_read=found.events_read,
        rules=_bounded(((item.rule, item.logic, item.terms) for item in found.rules), paths[0]),
        unread=found.unread,
    )


def _listed(rules: Iterable[_Rule], path: Path) -> tuple[BaselineRule, ...]:
    comparing = [item for item in rules if item.compared is Compared.NEW]
    return _bounded(((item.id or item.rule, item.logic, item.terms) for item in comparing), path)


def _bounded(rules: Iterable[tuple[str, str, tuple[tuple[str, ...], ...]]], path: Path) -> tuple[BaselineRule, ...]:
    found: list[BaselineRule] = []
    for rule, logic, terms in rules:
        if len(terms) > MOST_TERMS:
            raise InputError(f"{OPTION} {path}: {rule} had more than {MOST_TERMS:,} different values.", "Shorten it.")
        found.append(BaselineRule(rule=rule, logic=logic, terms=terms))
    return tuple(found)


def _one(found: dict[Target, Any], target: Target | None, path: Path) -> Any:
    if target is not None and target in found:
        return found[target]
    if len(found) == 1 and target is None:
        return next(iter(found.values()))
    names = ", ".join(item.label for item in found) or "none"
    wanted = "one cluster" if target is None else target.label
    raise InputError(f"{OPTION} {path} does not hold the audit log of {wanted}.", f"It holds: {names}.")


def _decoded(path: Path, kind: type[Any]) -> Any:
    if path.stat().st_size > MAX_BYTES:
        raise InputError(f"{OPTION} {path} is larger than {MAX_BYTES >> 20} MiB: refused.", "Name the logs themselves.")
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except msgspec.MsgspecError as error:
        raise InputError(
            f"{OPTION} {path} cannot be used: {str(error)[:200]}.", "Write it again with this version of eksaminer."
        ) from error
