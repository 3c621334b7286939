"""Files of a run that was written before: read with bounds, following no link."""

import os
import stat
from pathlib import Path

import msgspec

from eksaminer.cli.rundir import EVIDENCE, MANIFEST, RunManifest
from eksaminer.errors import InputError
from eksaminer.evidence.bundle import load
from eksaminer.evidence.codec import manifest_digest
from eksaminer.evidence.collection import Collection
from eksaminer.findings import Assessment
from eksaminer.record import parse

ASSESSMENT = "assessment.json"
MOST_BYTES = 1 << 30


def read_file(path: Path, advice: str, *, most: int = MOST_BYTES) -> bytes:
    """Return the content of *path*, a plain file of at most *most* bytes.

    Raises:
        InputError: it is not there, no plain file, or larger; *advice* says what to name instead.
    """
    try:
        # A named pipe would wait for a writer for ever.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise InputError(f"{path} is not a file.", advice)
            data = file.read(most + 1)
    except OSError as error:
        raise InputError(f"Cannot read {path}: {error.strerror}.", advice) from error
    if len(data) > most:
        raise InputError(f"{path} is larger than {most:,} bytes: refused.")
    return data


def read_assessment(path: Path) -> bytes:
    """Return the assessment at *path*: a file, or the run directory that holds it. Raises `InputError`."""
    return read_file(path / ASSESSMENT if path.is_dir() else path, "Name the assessment.json of a run.")


def evidence_of(path: Path, assessment: Assessment) -> Collection | None:
    """Return the evidence that lies in the run directory *path* beside its *assessment*; None: there is none.

    Raises:
        InputError: it cannot be read, or is not what the assessment was made from.
    """
    bundle = path / EVIDENCE
    if not path.is_dir() or not bundle.is_file():
        return None
    collection = load(bundle)
    if manifest_digest(collection) != assessment.run.evidence_sha256:
        raise InputError(
            f"{bundle} is not the evidence that the assessment beside it was made from.",
            f"`eksaminer verify {path}` says what was changed; name the assessment.json to render it alone.",
        )
    return collection


def parse_manifest(data: bytes, where: str) -> RunManifest:
    """Read the manifest of a run directory. Raises `InputError`."""
    try:
        return parse(data, RunManifest)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"{where} is not the {MANIFEST} of a run directory: {error}.") from error
