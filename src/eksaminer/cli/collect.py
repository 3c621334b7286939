"""`eksaminer collect`: collect evidence into a bundle, and judge nothing."""

from pathlib import Path

import click

from eksaminer.cli.console import Console
from eksaminer.cli.options import COLLECTING, CONFIGURED, PATH, Collecting, Configured, group


@click.command("collect")
@group(Collecting, "collecting", COLLECTING)
@group(Configured, "configured", CONFIGURED)
@click.option(
    "-o",
    "--output",
    type=PATH,
    metavar="BUNDLE",
    help="Where to write: a name that ends in .zip, or a folder. Default: eksaminer-TIME-RUN.zip.",
)
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but what went wrong.")
def command(collecting: Collecting, configured: Configured, output: Path | None, *, quiet: bool) -> int:
    """Collect evidence into a bundle that `eksaminer assess` judges, offline and elsewhere.

    Of the configuration, [scope] applies. Exit codes: 0 the bundle was written (gaps are part of it), 2 wrong
    usage, 4 nothing could be collected, 130 interrupted.
    """
    from eksaminer.cli.perform import collect_only  # noqa: PLC0415 - `--help` does without it
    from eksaminer.cli.planned import print_plan  # noqa: PLC0415 - as above
    from eksaminer.cli.reading import request_of  # noqa: PLC0415 - as above
    from eksaminer.cli.setup import ready  # noqa: PLC0415 - as above
    from eksaminer.collect.clock import SystemClock  # noqa: PLC0415 - as above

    console = Console(quiet=quiet)
    clock = SystemClock()
    setup = ready(configured, console)
    request = request_of(collecting, setup.config.scope, clock.now())
    if collecting.plan:
        return print_plan(request, clock, console)
    return collect_only(request, setup, output, console, clock=clock)
