"""Files that are kept in the repository but made by the program. `make regenerate` (UPDATE=1) rewrites them."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import click
from click.testing import CliRunner

from eksaminer.catalogue import catalogue as everything
from eksaminer.cli import cli
from eksaminer.config import key_names
from eksaminer.registry import Loaded
from eksaminer.render import catalogue, schema
from eksaminer.render.pdf import pdf_problem

ROOT = Path(__file__).parents[1]
UPDATE = "UPDATE" in os.environ
NOW = "2026-11-23T08:00:00+00:00"
SAMPLES = ("report.html", "report.pdf", "report.zh-TW.html", "report.zh-TW.pdf", "assessment.json")


def same(path: Path, data: bytes) -> None:
    if UPDATE:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)

    assert path.read_bytes() == data, f"{path.name} is stale: make regenerate"


def between(text: str, name: str, content: str) -> str:
    """Replace what stands between the two marks of *name*."""
    begin, end = f"<!-- {name}: begin, generated -->", f"<!-- {name}: end -->"
    head, _, rest = text.partition(begin)
    _, _, tail = rest.partition(end)
    return f"{head}{begin}\n{content}{end}{tail}"


def test_the_catalogue_of_checks(loaded: Loaded) -> None:
    same(ROOT / "checks/README.md", catalogue.render(everything(loaded)).encode())


def test_the_schema_of_an_assessment() -> None:
    same(ROOT / "src/eksaminer/render/schema/assessment-1.json", schema.schema_text().encode())


def help_of(name: str, command: click.Command) -> str:
    shown = CliRunner().invoke(cli, [*name.split()[1:], "--help"], terminal_width=100).output
    return f"<details><summary><code>{name}</code></summary>\n\n```\n{shown.strip()}\n```\n\n</details>\n"


def commands() -> list[tuple[str, click.Command]]:
    context = click.Context(cli)
    found: list[tuple[str, click.Command]] = []
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command is not None
        found.append((f"eksaminer {name}", command))
        if isinstance(command, click.Group):
            found.extend((f"eksaminer {name} {inner}", item) for inner, item in sorted(command.commands.items()))
    return found


def test_the_readme_shows_every_command_option_and_key() -> None:
    path = ROOT / "README.md"
    text = path.read_text("utf-8")
    text = between(text, "help", "\n".join(help_of(name, command) for name, command in commands()))
    text = between(text, "config", "".join(f"- `{key}`\n" for key in key_names()))

    same(path, text.encode())


def test_the_readme_names_every_exit_code() -> None:
    text = (ROOT / "README.md").read_text("utf-8")

    assert set(re.findall(r"^\| (\d+) \|", text, re.MULTILINE)) == {"0", "1", "2", "3", "4", "130"}


def test_the_sample_reports_are_what_the_demo_writes(tmp_path: Path) -> None:
    """One demo for all of them: it is the dearest thing that the tests do. They are of another day and machine."""
    output = tmp_path / "run"
    result = CliRunner().invoke(cli, ["demo", "--quiet", "--now", NOW, "--lang", "en,zh-TW", "--output", str(output)])

    assert result.exit_code == 0, result.output
    for name in SAMPLES:
        if not name.endswith(".pdf") or not pdf_problem():
            same(ROOT / "sample_reports" / name, (output / name).read_bytes())
    shutil.rmtree(output)
