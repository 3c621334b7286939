"""`eksaminer doctor`: what is installed, what is missing, and what to do."""

import click

from eksaminer.cli.console import Console, printable

WORKS, CANNOT_WORK = 0, 4
MARKS = {"ok": "ok      ", "note": "note    ", "problem": "PROBLEM "}


@click.command("doctor")
@click.option("--profile", default="", metavar="NAME", help="Profile of the AWS configuration.")
@click.option("--online", is_flag=True, help="Ask AWS who the credentials belong to (one call: sts:GetCallerIdentity).")
def command(profile: str, *, online: bool) -> int:
    """Say what is installed, what is missing, and what to do.

    Nothing is called without --online. Exit codes: 0 the main job can run, 4 it cannot.
    """
    from eksaminer.cli.diagnosis import examine  # noqa: PLC0415 - `--help` does without it

    console = Console()
    cannot = False
    for result in examine(profile, online=online):
        cannot |= result.state == "problem"
        console.say(printable(f"{MARKS[result.state]}{result.subject}: {result.detail}"))
        if result.remedy:
            console.say(printable(f"{' ' * len(MARKS['ok'])}  {result.remedy}"))
    console.say("The main job cannot run." if cannot else "The main job can run.")
    return CANNOT_WORK if cannot else WORKS
