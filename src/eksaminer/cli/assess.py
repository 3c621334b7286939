"""`eksaminer assess`: judge a bundle, offline."""

from pathlib import Path

import click

from eksaminer.cli.console import Console
from eksaminer.cli.options import (
    CONFIGURED,
    JSON,
    JUDGING,
    OUTPUT,
    PATH,
    SEALING,
    Configured,
    Judging,
    Output,
    Sealing,
    group,
)


@click.command("assess")
@click.argument("bundle", type=PATH)
@group(Configured, "configured", CONFIGURED)
@group(Judging, "judging", JUDGING)
@group(Output, "output", OUTPUT)
@group(Sealing, "sealing", SEALING)
@JSON
def command(
    bundle: Path, configured: Configured, judging: Judging, output: Output, sealing: Sealing, *, as_json: bool
) -> int:
    """Judge the bundle BUNDLE (a folder, a .zip file or a run directory), offline.

    Exit codes: 0 nothing at or above --fail-on failed, 1 something did, 2 wrong usage, 3 nothing failed but
    something could not be assessed, 4 the bundle cannot be read.
    """
    from eksaminer.cli.conclude import ASSESS, conclude  # noqa: PLC0415 - `--help` does without it
    from eksaminer.cli.formats import chosen  # noqa: PLC0415 - as above
    from eksaminer.cli.rundir import EVIDENCE, RunDirectory, default_name  # noqa: PLC0415 - as above
    from eksaminer.cli.seal import seal_of  # noqa: PLC0415 - as above
    from eksaminer.cli.setup import bench, ready  # noqa: PLC0415 - as above
    from eksaminer.collect.clock import SystemClock  # noqa: PLC0415 - as above
    from eksaminer.errors import InputError  # noqa: PLC0415 - as above
    from eksaminer.evidence.bundle import MANIFEST, load  # noqa: PLC0415 - as above

    console = Console(quiet=output.quiet, data_only=as_json)
    clock = SystemClock()
    setup = bench(ready(configured, console), judging)
    formats, seal = chosen(output, setup.config, console), seal_of(sealing, clock)
    if bundle.is_dir() and not any((bundle / name).exists() for name in (MANIFEST, EVIDENCE)):
        raise InputError(
            f"{bundle} is neither a bundle nor a run directory: it holds no {MANIFEST} and no {EVIDENCE}.",
            "Name what `eksaminer collect` or `eksaminer audit` wrote.",
        )
    collection = load(bundle)
    with RunDirectory(output.output, default_name(clock.now())) as directory:
        return conclude(collection, setup, formats, directory, console, seal=seal, command=ASSESS, as_json=as_json)
