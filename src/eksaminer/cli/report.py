"""`eksaminer report`: render formats from an assessment, offline."""

from pathlib import Path

import click

from eksaminer.cli.console import Console, printable
from eksaminer.cli.options import OUTPUT, PATH, Output, group

MAX_BYTES = 1 << 30


@click.command("report")
@click.argument("assessment", type=PATH)
@group(Output, "output", OUTPUT)
def command(assessment: Path, output: Output) -> int:
    """Render the formats from ASSESSMENT (assessment.json, or the run directory that holds one), offline.

    Exit codes: 0 the reports were written, 2 wrong usage, 4 the assessment cannot be read.
    """
    from eksaminer.cli.conclude import write  # noqa: PLC0415 - `--help` does without it
    from eksaminer.cli.formats import chosen, file_names  # noqa: PLC0415 - as above
    from eksaminer.cli.rundir import RunDirectory, default_name  # noqa: PLC0415 - as above
    from eksaminer.collect.clock import SystemClock  # noqa: PLC0415 - as above
    from eksaminer.config import Config  # noqa: PLC0415 - as above
    from eksaminer.render.json import load_assessment  # noqa: PLC0415 - as above

    console = Console(quiet=output.quiet)
    formats = chosen(output, Config(), console)
    found = load_assessment(_content(assessment))
    with RunDirectory(output.output, default_name(SystemClock().now())) as directory:
        where = write(found, formats, directory, "report")
    console.say(printable(f"Written to {where}: {file_names(formats)}."))
    return 0


def _content(path: Path) -> bytes:
    from eksaminer.errors import InputError  # noqa: PLC0415 - as above

    file = path / "assessment.json" if path.is_dir() else path
    try:
        with file.open("rb") as opened:
            data = opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(f"Cannot read {file}: {error.strerror}.", "Name the assessment.json of a run.") from error
    if len(data) > MAX_BYTES:
        raise InputError(f"{file} is larger than {MAX_BYTES // 2**30} GiB: refused.")
    return data
