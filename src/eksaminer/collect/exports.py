"""Exported audit logs in the place of CloudWatch: files, folders and globs, each belonging to one cluster."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from msgspec.structs import replace

from eksaminer.collect.store import Store
from eksaminer.detection import Rule
from eksaminer.errors import EksaminerError, InputError, UsageError
from eksaminer.evidence.model import Source, Target
from eksaminer.evidence.scan import AuditLogScan, FileAccount
from eksaminer.gap import Cause, Gap
from eksaminer.logs import LogError, Options, Problem, scan
from eksaminer.logs.missing import missing
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
) -> AuditLogScan | Gap:
    try:
        with scan([str(path) for path in paths], rules, options) as outcome:
            sources = tuple(keep(file, target) for file in outcome.accounting.files)
            gaps = missing(outcome)
            if outcome.events_read == 0:
                return replace(gaps[0], sources=sources)
            unread = replace(gaps[0], sources=sources) if gaps else None
            return outcome.section(origin="files", sources=sources, unread=unread)
    except LogError as error:
        if error.problem is Problem.EMPTY:
            return Gap(cause=Cause.ERROR, detail=str(error))
        raise error_of(error) from error


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


def error_of(error: LogError) -> EksaminerError:
    """Return the error that ends the run: the user's, or that of the files."""
    if error.problem in {Problem.MISSING, Problem.OCCUPIED}:
        return UsageError(str(error))
    return InputError(str(error))
