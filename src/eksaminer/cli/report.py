"""`eksaminer report`: render formats from an assessment, offline."""

from pathlib import Path

import click

from eksaminer.cli.console import Console, printable
from eksaminer.cli.options import OUTPUT, PATH, SEALING, Output, Sealing, group


@click.command("report")
@click.argument("assessment", type=PATH)
@group(Output, "output", OUTPUT)
@group(Sealing, "sealing", SEALING)
def command(assessment: Path, output: Output, sealing: Sealing) -> int:
    """Render the formats from ASSESSMENT (assessment.json, or the run directory that holds one), offline.

    Of a run directory the evidence is taken along, so that the new one can be verified in full.

    Exit codes: 0 the reports were written, 2 wrong usage, 4 the assessment cannot be read.
    """
    import msgspec  # noqa: PLC0415 - `--help` does without it

    from eksaminer.cli.conclude import write  # noqa: PLC0415 - as above
    from eksaminer.cli.formats import chosen, file_names  # noqa: PLC0415 - as above
    from eksaminer.cli.rundir import RunDirectory, default_name  # noqa: PLC0415 - as above
    from eksaminer.cli.seal import seal_of  # noqa: PLC0415 - as above
    from eksaminer.cli.stored import evidence_of, read_assessment  # noqa: PLC0415 - as above
    from eksaminer.collect.clock import SystemClock  # noqa: PLC0415 - as above
    from eksaminer.config import Config  # noqa: PLC0415 - as above
    from eksaminer.evidence.bundle import save  # noqa: PLC0415 - as above
    from eksaminer.render.json import load_assessment  # noqa: PLC0415 - as above
    from eksaminer.trend import follow  # noqa: PLC0415 - as above

    console = Console(quiet=output.quiet)
    clock = SystemClock()
    formats = chosen(output, Config(), console)
    seal = seal_of(sealing, formats, clock)
    found = load_assessment(read_assessment(assessment))
    if seal.previous is not None:
        found = follow(msgspec.structs.replace(found, previous=seal.previous.link), seal.previous.assessment)
    evidence = evidence_of(assessment, found)
    with RunDirectory(output.output, default_name(clock.now())) as directory:
        if evidence is not None:
            save(evidence, directory.evidence)
        where = write(found, formats, directory, "report", seal)
    console.say(printable(f"Written to {where}: {file_names(formats)}."))
    return 0
