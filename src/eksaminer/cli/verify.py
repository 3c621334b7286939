"""`eksaminer verify`: is this as it was written?"""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from eksaminer.cli.console import Console, printable
from eksaminer.cli.options import JSON, PATH
from eksaminer.errors import InputError, UsageError

if TYPE_CHECKING:
    from eksaminer.digests import Verification
    from eksaminer.evidence.bundle import BundleState

MISMATCH, UNPROVED = 1, 3


@click.command("verify")
@click.argument("path", type=PATH)
@click.option(
    "--keys", "key_files", multiple=True, type=PATH, metavar="FILE",
    help="Public keys, as `aws cloudtrail list-public-keys` prints them; repeatable. Default: found in the folder.",
)  # fmt: skip
@JSON
def command(path: Path, key_files: tuple[Path, ...], *, as_json: bool) -> int:
    """Say whether CloudTrail files, or a bundle, are as they were written. Offline.

    PATH is a folder of CloudTrail log files and digest files, as copied from S3; or a bundle (a folder, a .zip, a run
    directory), whose files are compared with its manifest.

    \b
    The signature of a digest file stands in the next one. That of the newest is S3 metadata: save it beside the
    digest as NAME.metadata.json (aws s3api head-object --bucket BUCKET --key KEY > NAME.metadata.json).

    \b
    Exit codes:
      0    everything is as it was written
      1    something is missing or changed, or a stretch of time has no digest
      2    wrong usage
      3    nothing is wrong, but not everything could be proved
      4    PATH cannot be read, or is neither
    """  # noqa: D301 - click's mark for a paragraph that keeps its lines
    console = Console(data_only=as_json)
    if _is_bundle(path):
        if key_files:
            raise UsageError("--keys is for CloudTrail files, and PATH is a bundle.", "Leave it out.")
        return _bundle(path, console)
    if not path.is_dir():
        raise InputError(f"{path} is neither a folder nor a bundle.", "Name a folder of CloudTrail files, or a bundle.")
    return _trail_files(path, key_files, console)


def _is_bundle(path: Path) -> bool:
    return path.suffix == ".zip" or (path / "manifest.json").is_file() or (path / "evidence.zip").is_file()


def _bundle(path: Path, console: Console) -> int:
    from eksaminer.cli.verify_text import bundle_text  # noqa: PLC0415 - `--help` does without it
    from eksaminer.evidence.bundle import examine  # noqa: PLC0415 - as above

    state: BundleState = examine(path)
    _print(console, state, bundle_text(state))
    return 0 if state.intact else MISMATCH


def _trail_files(path: Path, key_files: tuple[Path, ...], console: Console) -> int:
    from eksaminer.cli.verify_text import digests_text  # noqa: PLC0415 - `--help` does without it
    from eksaminer.digests import verify_folder  # noqa: PLC0415 - as above

    found: Verification = verify_folder(path, key_files)
    _print(console, found, digests_text(found))
    if found.mismatches:
        return MISMATCH
    return UNPROVED if found.unverifiable else 0


def _print(console: Console, value: object, text: str) -> None:
    from eksaminer.record import canonical_json  # noqa: PLC0415 - `--help` does without it

    if console.data_only:
        console.data(canonical_json(value))
    else:
        console.say(printable(text))
