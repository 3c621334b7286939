"""`eksaminer checks`: the catalogue."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from eksaminer.cli.console import Console
from eksaminer.cli.options import JSON, PATH, RULES
from eksaminer.errors import UsageError

if TYPE_CHECKING:
    from eksaminer.check import Check

FAILED = 1
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@click.group("checks", invoke_without_command=True)
@click.pass_context
def command(context: click.Context) -> None:
    """List the checks, show one, or look over rules of your own."""
    if context.invoked_subcommand is None:
        context.invoke(list_checks, rules=(), as_json=False)


@command.command("list")
@RULES
@JSON
def list_checks(rules: tuple[Path, ...], *, as_json: bool) -> None:
    """List the checks by recommendation of the guide."""
    from eksaminer.cli.catalogue import as_data, as_table  # noqa: PLC0415 - `--help` does without the checks

    console = Console(data_only=as_json)
    checks = tuple(_load(rules, console).values())
    if as_json:
        console.data(as_data(checks))
    else:
        console.say(as_table(checks, console.width))


@command.command("show")
@click.argument("check")
@RULES
@JSON
def show(check: str, rules: tuple[Path, ...], *, as_json: bool) -> None:
    """Show one check: what it expects, why, and what to do; of a rule its logic and an event that fires it."""
    from eksaminer.catalogue import catalogue  # noqa: PLC0415 - `--help` does without the checks
    from eksaminer.cli.catalogue import as_page, blind_data, blind_page, entry_data  # noqa: PLC0415 - as above
    from eksaminer.cli.setup import loaded_checks  # noqa: PLC0415 - as above
    from eksaminer.config import suggestion  # noqa: PLC0415 - as above

    console = Console(data_only=as_json)
    known = catalogue(loaded_checks(rules, console), rules)
    name = check if UUID.fullmatch(check) else check.upper()
    entry = next((item for item in known.entries if name in {item.check.id, item.rule and item.rule.uuid}), None)
    spot = next((item for item in known.blind if item.id == name), None)
    if entry is not None and as_json:
        console.data(entry_data(entry))
    elif entry is not None:
        console.say(as_page(entry, console.width))
    elif spot is not None and as_json:
        console.data(blind_data(spot))
    elif spot is not None:
        console.say(blind_page(spot, console.width))
    else:
        names = [*(item.check.id for item in known.entries), *(item.id for item in known.blind)]
        raise UsageError(f"There is no check {check!r}.", suggestion(check, names) or "`eksaminer checks` lists them.")


@command.command("lint")
@click.argument("path", type=PATH)
@JSON
def lint(path: Path, *, as_json: bool) -> int:
    """Look over the rules in PATH: what can never match, what will be noise; exit code 1 on errors."""
    from eksaminer.cli.lint_text import as_text  # noqa: PLC0415 - `--help` does without the checks
    from eksaminer.detection.lint import lint as look_over  # noqa: PLC0415 - as above
    from eksaminer.record import canonical_json  # noqa: PLC0415 - as above
    from eksaminer.registry import load_lists  # noqa: PLC0415 - as above

    if not path.exists():
        raise UsageError(f"There is no file or folder {path}.", "Name a Sigma file, or a folder of them.")
    console = Console(data_only=as_json)
    report = look_over(path, load_lists())
    if not report.files:
        raise UsageError(f"There is no rule in {path}.", "Rules are files whose names end in .yml or .yaml.")
    if as_json:
        console.data(canonical_json(report))
    else:
        console.say(as_text(report, console.width))
    return FAILED if report.errors else 0


def _load(rules: tuple[Path, ...], console: Console) -> "Mapping[str, Check]":
    from eksaminer.cli.setup import loaded_checks  # noqa: PLC0415 - `--help` does without the checks

    return {check.id: check for check in loaded_checks(rules, console).checks}
