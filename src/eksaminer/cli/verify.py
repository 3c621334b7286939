"""`eksaminer verify`: is this as it was written, and does it still say the same?"""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from eksaminer.cli.console import Console, printable
from eksaminer.cli.options import JSON, PATH, RULES
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
@click.option(
    "--key", default="", metavar="KEY",
    help="The key that you trust to have signed the run: a public key or certificate in PEM, or awskms:///ARN.",
)  # fmt: skip
@click.option(
    "--previous", type=PATH, metavar="PATH", help="The run before: is it the one that this run says it follows?"
)
@RULES
@JSON
def command(
    path: Path, key_files: tuple[Path, ...], key: str, previous: Path | None, rules: tuple[Path, ...], *, as_json: bool
) -> int:
    """Say whether a run, a bundle, or CloudTrail files are as they were written. Offline.

    PATH is a run directory: its files are compared with its manifest, the signature with --key, and the stored
    evidence is judged again, with the criteria and as of the time that were recorded: the findings must be the same.
    Or a bundle (a folder or a .zip), whose files are compared with its manifest. Or a folder of CloudTrail log files
    and digest files, as copied from S3.

    \b
    The signature of a digest file stands in the next one. That of the newest is S3 metadata: save it beside the
    digest as NAME.metadata.json (aws s3api head-object --bucket BUCKET --key KEY > NAME.metadata.json).

    \b
    Exit codes:
      0    everything is as it was written
      1    something is missing or changed, a signature is not one of --key, findings differ, or a stretch of time
           has no digest
      2    wrong usage
      3    nothing is wrong, but not everything could be proved
      4    PATH cannot be read, or is neither
    """  # noqa: D301 - click's mark for a paragraph that keeps its lines
    console = Console(data_only=as_json)
    run, bundle = _is_run(path), _is_bundle(path)
    if key_files and (run or bundle):
        raise UsageError("--keys is for CloudTrail files, and PATH holds none.", "Leave it out (a run takes --key).")
    if run:
        return _run(path, key, previous, rules, console)
    if key or previous is not None or rules:
        raise UsageError("--key, --previous and --rules are for a run directory, and PATH is none.", "Leave them out.")
    if bundle:
        return _bundle(path, console)
    if not path.is_dir():
        raise InputError(f"{path} is neither a folder nor a bundle.", "Name a folder of CloudTrail files, or a bundle.")
    return _trail_files(path, key_files, console)


def _is_run(path: Path) -> bool:
    """Whether *path* is a run directory, or what is left of one."""
    from eksaminer.cli.rundir import ATTESTATION, is_manifest  # noqa: PLC0415 - `--help` does without it
    from eksaminer.cli.stored import ASSESSMENT  # noqa: PLC0415 - as above

    return path.is_dir() and (is_manifest(path) or any((path / name).is_file() for name in (ASSESSMENT, ATTESTATION)))


def _run(path: Path, key: str, previous: Path | None, rules: tuple[Path, ...], console: Console) -> int:
    from eksaminer.cli.seal import trusted_key  # noqa: PLC0415 - `--help` does without it
    from eksaminer.cli.setup import loaded_checks  # noqa: PLC0415 - as above
    from eksaminer.cli.verify_run import examine_run  # noqa: PLC0415 - as above
    from eksaminer.cli.verify_text import run_text  # noqa: PLC0415 - as above
    from eksaminer.collect.clock import SystemClock  # noqa: PLC0415 - as above

    trusted = trusted_key(key, SystemClock()) if key else None
    state = examine_run(path, trusted, previous, loaded_checks(rules, console))
    _print(console, state, run_text(state))
    return MISMATCH if state.mismatches else UNPROVED if state.unproved else 0


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
