"""`eksaminer scan`: run the detection rules over exported audit logs."""

from functools import partial
from pathlib import Path

import click

from eksaminer.cli.console import Console
from eksaminer.cli.options import CONFIGURED, FAIL_ON, JSON, MOMENT, PATH, Configured, Threshold, group
from eksaminer.cli.times import Moment


@click.command("scan")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@group(Configured, "configured", CONFIGURED)
@click.option("--since", type=MOMENT, help="Judge events from here: 24h or 7d (ago), or ISO 8601 with an offset.")
@click.option("--until", type=MOMENT, help="Judge events up to here.")
@click.option(
    "--baseline",
    type=PATH,
    multiple=True,
    metavar="PATH",
    help="Earlier period to compare with: audit log, run directory, assessment or scan --json; repeatable.",
)
@click.option(
    "--keep", type=PATH, metavar="DIR", help="Keep a copy of what was read, which scans several times faster."
)
@FAIL_ON
@JSON
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but data and what went wrong.")
def command(
    paths: tuple[str, ...],
    configured: Configured,
    *,
    since: Moment | None,
    until: Moment | None,
    baseline: tuple[Path, ...],
    fail_on: Threshold | None,
    keep: Path | None,
    as_json: bool,
    quiet: bool,
) -> int:
    """Run the detection rules over the exported audit logs PATH: files, folders, globs, - for stdin.

    Recognised by content: JSON lines, CloudWatch exports to S3, filter-log-events pages, Firehose records, Logs
    Insights results; plain, gzip or zstd; and copies that --keep wrote. Hits of violations fail, hits of leads are
    to be reviewed.

    Exit codes: 0 nothing at or above --fail-on failed, 1 something did, 2 wrong usage, 3 nothing failed but the
    log is empty or could not be read in full, 4 it cannot be read or is of another kind.
    """
    from eksaminer.cli.scan_logs import judged, summary, write_json  # noqa: PLC0415 - `--help` does without it
    from eksaminer.cli.setup import ready  # noqa: PLC0415 - as above
    from eksaminer.cli.times import window  # noqa: PLC0415 - as above
    from eksaminer.collect.clock import SystemClock  # noqa: PLC0415 - as above
    from eksaminer.config import gate  # noqa: PLC0415 - as above
    from eksaminer.logs import Options  # noqa: PLC0415 - as above

    console = Console(quiet=quiet, data_only=as_json)
    setup = ready(configured, console)
    begin, end = window(since, until, SystemClock().now())
    rule = gate(setup.config, fail_on=fail_on, checks="all")
    options = partial(Options, begin, end, empty=True, keep=keep)
    with (
        console.progress() as progress,
        judged(paths, baseline, setup, rule, options(progress=progress.share)) as found,
    ):
        if as_json:
            write_json(found, setup.config.criteria, console)
        titles = {item.id: item.title for item in setup.loaded.rules}
        console.say(summary(found, titles, setup.config.criteria, console.width))
        if quiet and found.decision.code:
            console.warn(f"Exit code {found.decision.code}: {found.decision.reason}")
        return found.decision.code
