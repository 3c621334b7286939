"""`--previous`: the run before this one, which this one is compared with and tied to."""

from dataclasses import dataclass
from pathlib import Path

from eksaminer.cli.rundir import MANIFEST
from eksaminer.cli.stored import ASSESSMENT, parse_manifest, read_assessment, read_file
from eksaminer.errors import InputError
from eksaminer.findings import Assessment, PreviousRun
from eksaminer.record import sha256
from eksaminer.render.json import load_assessment

_ADVICE = "Name a run directory with --previous, or the assessment.json or manifest.json in it."


@dataclass(frozen=True, slots=True)
class Previous:
    """An earlier run."""

    assessment: Assessment
    manifest_sha256: str
    """Digest of its manifest; empty: the assessment was given without one."""

    @property
    def link(self) -> PreviousRun:
        """What this run records of it."""
        run = self.assessment.run
        return PreviousRun(run=run.id, as_of=run.as_of, manifest_sha256=self.manifest_sha256)


def read_previous(path: Path) -> Previous:
    """Read the run at *path*: its directory, its assessment.json or its manifest.json.

    Raises:
        InputError: it cannot be read, or its manifest names another assessment: nothing is tied to a damaged run.
    """
    folder = path if path.is_dir() else path.parent
    data = read_assessment(folder if path.name == MANIFEST else path)
    assessment, manifest = load_assessment(data), folder / MANIFEST
    if not manifest.is_file():
        return Previous(assessment, "")
    listed = read_file(manifest, _ADVICE)
    digests = {file.path: file.sha256 for file in parse_manifest(listed, str(manifest)).files}
    if digests.get(ASSESSMENT) != sha256(data):
        raise InputError(
            f"--previous {path}: the assessment is not the one that {manifest} lists.",
            f"`eksaminer verify {folder}` says what was changed.",
        )
    return Previous(assessment, sha256(listed))
