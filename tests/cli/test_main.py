from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from tests.cli.conftest import Run

from eksaminer import __version__
from eksaminer.cli import COMMANDS, checks, cli
from eksaminer.render import FORMATS

HEAVY = ("boto3", "botocore", "kubernetes", "weasyprint", "duckdb", "rich", "jinja2", "yaml")
IMPORTED = f"""
import sys
from eksaminer.cli import cli
try:
    cli.main(sys.argv[1:])
except SystemExit as end:
    assert end.code == 0, end.code
print("|".join(name for name in {HEAVY!r} if name in sys.modules))
"""


def commands() -> Iterator[tuple[str, click.Command]]:
    """Give every command and subcommand with its full name."""
    context = click.Context(cli)
    pending: list[tuple[str, click.Command]] = [("", cli)]
    while pending:
        name, command = pending.pop()
        yield name, command
        if isinstance(command, click.Group):
            for child in command.list_commands(context):
                found = command.get_command(context, child)
                assert found is not None
                pending.append((f"{name} {child}".strip(), found))


ALL = [pytest.param(name.split(), command, id=name or "eksaminer") for name, command in commands()]


def python(*arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, check=False, timeout=60, env={**os.environ, **environment}
    )


@pytest.mark.parametrize(("name", "command"), ALL)
def test_help_explains_the_command_and_every_option(run: Run, name: list[str], command: click.Command) -> None:
    result = run(*name, "--help")

    assert result.exit_code == 0
    for option in command.params:
        if isinstance(option, click.Option) and not option.hidden:
            assert option.help, option.name
            assert all(spelling in result.stdout for spelling in option.opts)


def test_the_list_of_commands_names_every_command(run: Run) -> None:
    result = run("--help")

    assert all(f"\n  {name} " in result.stdout for name in COMMANDS)


def test_every_format_is_in_the_help(run: Run) -> None:
    said = run("audit", "--help").stdout.partition("--format")[2]

    assert f"list of {', '.join(FORMATS)}." in " ".join(said.split())


def test_every_exit_code_is_in_the_help(run: Run) -> None:
    result = run("--help")

    assert all(f"\n    {code} " in result.stdout for code in (0, 1, 2, 3, 4, 130))


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["audit", "--help"], ["scan", "--help"]])
def test_help_and_version_load_nothing_heavy(arguments: list[str]) -> None:
    result = python("-c", IMPORTED, *arguments)

    assert result.returncode == 0, result.stderr
    assert result.stdout.decode().splitlines()[-1] == ""


def test_runs_as_a_module() -> None:
    result = python("-m", "eksaminer", "--version")

    assert result.stdout.decode() == f"eksaminer, version {__version__}\n"


def test_a_reader_that_goes_away_is_no_error() -> None:
    command = f"{sys.executable} -m eksaminer checks list --json; echo $? >&2"
    result = subprocess.run(["bash", "-c", f"({command}) | true"], capture_output=True, check=False, timeout=60)

    assert result.stderr == b"0\n"


@pytest.mark.parametrize("arguments", [["audti"], ["audit", "--no-such-option"], ["scan"], ["assess"], []])
def test_wrong_usage_is_exit_code_2(run: Run, arguments: list[str]) -> None:
    result = run(*arguments)

    assert result.exit_code == 2
    assert "Usage: eksaminer" in result.output


def test_an_unknown_error_is_one_sentence(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise KeyError("\x1b[31mbad")

    monkeypatch.setattr(checks, "_load", broken)
    monkeypatch.delenv("EKSAMINER_DEBUG", raising=False)
    result = run("checks")

    assert result.exit_code == 4
    assert "KeyError" in result.stderr
    assert "EKSAMINER_DEBUG=1" in result.stderr
    assert "Traceback" not in result.stderr
    assert "\x1b" not in result.stderr


def test_debugging_shows_the_traceback(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise KeyError

    monkeypatch.setattr(checks, "_load", broken)
    monkeypatch.setenv("EKSAMINER_DEBUG", "1")
    result = run("checks")

    assert result.exit_code == 4
    assert "Traceback" in result.stderr


def test_ctrl_c_is_exit_code_130(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(checks, "_load", stopped)
    result = run("checks")

    assert result.exit_code == 130
    assert "interrupted" in result.stderr


def test_the_list_of_checks_is_there_as_a_table_and_as_data(run: Run) -> None:
    table, data = run("checks"), run("checks", "list", "--json")

    ids = [item["id"] for item in json.loads(data.stdout)]
    assert ids == sorted(ids)
    assert all(name in table.stdout for name in ("LOG-01", "EKS-AWS-AUTH", "Enable audit logs"))
    assert set(ids) >= {"LOG-01", "CT-01", "INS-01", "EKS-AWS-AUTH"}


def test_a_check_is_shown_whole(run: Run) -> None:
    result = run("checks", "show", "log-04")

    assert result.exit_code == 0
    assert all(part in result.stdout for part in ("LOG-04", "Expected", "Why", "What to do", "logs:DescribeLogGroups"))


def test_a_rule_is_shown_with_what_the_guide_misses(run: Run) -> None:
    result = run("checks", "show", "EKS-AWS-AUTH")

    assert "What that misses" in result.stdout


def test_an_unknown_check_is_a_usage_error_with_a_suggestion(run: Run) -> None:
    result = run("checks", "show", "LOG-99")

    assert result.exit_code == 2
    assert "Did you mean LOG-" in result.stderr


def test_rules_of_the_user_are_listed_and_what_cannot_be_used_is_said(run: Run, folder: Path) -> None:
    (folder / "broken.yml").write_text("title: x\ndetection: 1\n")
    (folder / "other.yml").write_text("title: x\n")
    result = run("checks", "list", "--rules", folder)

    assert result.exit_code == 0
    assert "A rule cannot be used, and the others run: broken.yml" in result.stderr
    assert "no rules for the logs read here: 1 (no Sigma rule 1)" in result.stderr


@pytest.mark.parametrize("place", ["nowhere", "file"])
def test_rules_need_a_folder(run: Run, folder: Path, place: str) -> None:
    (folder / "file").write_text("")
    result = run("checks", "list", "--rules", place)

    assert result.exit_code == 2
    assert "is not a folder" in result.stderr
