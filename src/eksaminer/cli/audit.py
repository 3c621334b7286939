"""`eksaminer audit`: collect, assess and render in one go."""

import click

from eksaminer.cli.console import Console
from eksaminer.cli.options import (
    COLLECTING,
    CONFIGURED,
    JSON,
    JUDGING,
    OUTPUT,
    SEALING,
    Collecting,
    Configured,
    Judging,
    Output,
    Sealing,
    group,
)


@click.command("audit")
@group(Collecting, "collecting", COLLECTING)
@group(Configured, "configured", CONFIGURED)
@group(Judging, "judging", JUDGING)
@group(Output, "output", OUTPUT)
@group(Sealing, "sealing", SEALING)
@JSON
def command(
    collecting: Collecting,
    configured: Configured,
    judging: Judging,
    output: Output,
    sealing: Sealing,
    *,
    as_json: bool,
) -> int:
    """Collect evidence, judge it, and write the reports.

    Exit codes: 0 nothing at or above --fail-on failed, 1 something did, 2 wrong usage, 3 nothing failed but
    something could not be assessed, 4 nothing could be collected, 130 interrupted.
    """
    from eksaminer.cli.formats import chosen  # noqa: PLC0415 - `--help` does without it
    from eksaminer.cli.perform import audit  # noqa: PLC0415 - as above
    from eksaminer.cli.planned import print_plan  # noqa: PLC0415 - as above
    from eksaminer.cli.reading import request_of  # noqa: PLC0415 - as above
    from eksaminer.cli.seal import seal_of  # noqa: PLC0415 - as above
    from eksaminer.cli.setup import bench, ready  # noqa: PLC0415 - as above
    from eksaminer.collect.clock import SystemClock  # noqa: PLC0415 - as above

    console = Console(quiet=output.quiet, data_only=as_json)
    clock = SystemClock()
    setup = bench(ready(configured, console), judging)
    request = request_of(collecting, setup.config.scope, clock.now())
    if collecting.plan:
        return print_plan(request, clock, console)
    formats, seal = chosen(output, setup.config, console), seal_of(sealing, clock, profile=collecting.profile)
    return audit(request, setup, formats, output.output, console, seal=seal, clock=clock, as_json=as_json)
