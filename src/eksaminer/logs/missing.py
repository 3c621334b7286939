"""What a scan could not see: why "no matching event" may not be said of the files that were given."""

from collections.abc import Iterator

from eksaminer.gap import Cause, Gap
from eksaminer.logs.scanning import ScanOutcome


def missing(outcome: ScanOutcome) -> tuple[Gap, ...]:
    """Return the gaps of a scan, the gravest first; none: every line of every file was read."""
    return tuple(_missing(outcome))


def _missing(outcome: ScanOutcome) -> Iterator[Gap]:
    accounting = outcome.accounting
    if outcome.events_read == 0:
        within = " between --since and --until" if outcome.since or outcome.until else ""
        names = ", ".join([file.path for file in accounting.files[:3]] or [name for name, _ in outcome.skipped[:3]])
        detail = f"The log holds no audit event{within}, so nothing can be said ({names}). Was it exported whole?"
        yield Gap(cause=Cause.ERROR, detail=detail)
    for file in accounting.files:
        if file.incomplete:
            yield Gap(cause=Cause.ERROR, detail=f"The end of {file.path} could not be read: {file.incomplete}.")
    if accounting.bad:
        detail = f"{accounting.bad:,} of {accounting.lines:,} lines could not be read as records of a log."
        yield Gap(cause=Cause.ERROR, detail=detail)
