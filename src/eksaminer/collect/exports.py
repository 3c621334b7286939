"""Exported audit logs in the place of CloudWatch: files, folders and globs, each belonging to one cluster."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from eksaminer.collect.store import Store
from eksaminer.detection import Rule
from eksaminer.errors import EksaminerError, InputError, UsageError
from eksaminer.evidence.model import Source, Target
from eksaminer.evidence.scan import AuditLogScan, FileAccount
from eksaminer.gap import Cause, Gap
from eksaminer.logs import LogError, Options, Problem, scan
from eksaminer.record import digest


def read_exports(
    given: Mapping[Target, Sequence[Path]],
    targets: Sequence[Target],
    rules: Sequence[Rule],
    *,
    options: Options,
    keep: Callable[[FileAccount, Target], str],
) -> dict[Target, AuditLogScan | Gap]:
    """Scan the logs that were given; a cluster without one has a gap. Raises `EksaminerError`."""
    found: dict[Target, AuditLogScan | Gap] = {}
    for target in targets:
        if target in given:
            found[target] = _scanned(given[target], target, rules, options, keep)
        else:
            detail = (
                f"No exported audit log of {target.cluster} was given: --logs {target.region}/{target.cluster}=PATH."
            )
            found[target] = Gap(cause=Cause.NOT_REQUESTED, detail=detail)
    return found


def _scanned(
    paths: Sequence[Path],
    target: Target,
    rules: Sequence[Rule],
    options: Options,
    keep: Callable[[FileAccount, Target], str],
) -> AuditLogScan:
    try:
        with scan([str(path) for path in paths], rules, options) as outcome:
            sources = tuple(keep(file, target) for file in outcome.accounting.files)
            return outcome.section(origin="files", sources=sources, unread=_unread(outcome.accounting.files, sources))
    except LogError as error:
        raise _error(error) from error


def _unread(files: Sequence[FileAccount], sources: tuple[str, ...]) -> Gap | None:
    cut = [f"{file.path} ({file.incomplete})" for file in files if file.incomplete]
    if not cut:
        return None
    return Gap(cause=Cause.ERROR, detail=f"Not read to the end: {', '.join(cut)}.", sources=sources)


def keep_file(store: Store, now: datetime, file: FileAccount, target: Target) -> str:
    """Record a file and return the id of its source. It is too large to be kept: the digest says which it was."""
    parameters = {"path": file.path, "format": file.format, "cluster": target.cluster}
    source = Source(
        id="file-" + digest([target.label, file.path])[:16],
        operation="file",
        parameters=parameters,
        region="",
        time=now,
        request_id="",
        sha256_received=file.sha256,
        sha256_stored="",
    )
    store.keep(source, b"")
    return source.id


def _error(error: LogError) -> EksaminerError:
    if error.problem is Problem.MISSING:
        return UsageError(str(error))
    return InputError(str(error))
