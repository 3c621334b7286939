"""The command line in-process, in an empty folder, with an emulated account where a test wants one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from eksaminer.cli import cli
from eksaminer.demo.account import clean_account
from eksaminer.demo.emulator import Emulator, pointed_at, start_emulator

Run = Callable[..., Result]
REGION = "eu-central-1"
QUICK = ("--no-live-logs", "--no-kubernetes")
JSON = ("--format", "json")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, in which the commands run."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(folder: Path) -> Run:
    """Run a command line."""

    def invoke(*arguments: object, stdin: bytes | None = None) -> Result:
        return CliRunner().invoke(cli, [str(item) for item in arguments], input=stdin)

    return invoke


@pytest.fixture(scope="session")
def running() -> Iterator[Emulator]:
    now = datetime.now(UTC).replace(microsecond=0)
    with start_emulator(clean_account(now), now) as emulator:
        yield emulator


@pytest.fixture
def emulator(running: Emulator) -> Iterator[Emulator]:
    """An account in which everything is as it should be, at the time of the machine."""
    running.load(clean_account(running.world.now))
    with pointed_at(running.url, REGION):
        yield running


@pytest.fixture(scope="session")
def samples(running: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle and an assessment of a sound account."""
    folder = tmp_path_factory.mktemp("samples")
    running.load(clean_account(running.world.now))
    with pointed_at(running.url, REGION):
        CliRunner().invoke(cli, ["audit", *QUICK, *JSON, "-o", str(folder / "run")])
    (folder / "run" / "evidence.zip").rename(folder / "bundle.zip")
    (folder / "run" / "assessment.json").rename(folder / "assessment.json")
    return folder
