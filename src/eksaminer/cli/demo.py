"""`eksaminer demo`: the main job on an embedded AWS emulator and a recorded cluster."""

from importlib.util import find_spec
from pathlib import Path

import click

from eksaminer.cli.console import Console
from eksaminer.cli.options import LIST, PATH
from eksaminer.cli.times import Moment, MomentType

DEFAULT = Path("eksaminer-demo")
EXTRA = "Install it: pip install 'eksaminer[demo]'."


@click.command("demo")
@click.option(
    "-o",
    "--output",
    type=PATH,
    default=DEFAULT,
    show_default=True,
    metavar="DIR",
    help="Where to write; absent, empty, or a former demo, which is replaced.",
)
@click.option(
    "--lang",
    "languages",
    type=LIST,
    default=(),
    metavar="LIST",
    help="Languages of the reports: en, zh-TW, or both. Default: en.",
)
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but what went wrong.")
@click.option("--now", type=MomentType(), hidden=True, help="The time it shall be: equal times give equal reports.")
def command(output: Path, *, languages: tuple[str, ...], quiet: bool, now: Moment | None) -> int:
    """Run the main job on an embedded AWS emulator: three clusters that differ, and their reports.

    Nothing of AWS is called, and no credentials are read. Exit codes: 0 the reports exist, 2 wrong usage, 4 the
    extra is not installed.
    """
    from eksaminer.errors import EksaminerError  # noqa: PLC0415 - `--help` does without it

    if find_spec("moto") is None or find_spec("flask") is None:
        raise EksaminerError("The demo needs an AWS emulator (moto), which is not installed.", EXTRA)
    from eksaminer.cli.show_demo import show  # noqa: PLC0415 - it needs the emulator

    return show(output, Console(quiet=quiet), now, languages)
