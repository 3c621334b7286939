"""What is shipped, what is locked, and what the source promises about itself."""

import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import eksaminer

ROOT = Path(__file__).resolve().parents[1]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
SOURCES = sorted(path for root in ("src", "checks") for path in (ROOT / root).rglob("*.py"))
ROOTS = {
    "eksaminer": ROOT / "src",
    "eksaminer_checks": ROOT / "checks",
    "eksaminer_templates": ROOT / "report_templates",
}


def locked(name: str) -> dict[str, str]:
    """Return the pinned versions of a lock file."""
    text = (ROOT / "requirements" / name).read_text()
    return {canonicalize_name(found[1]): found[2] for found in re.finditer(r"(?m)^(\S+)==(\S+) \\$", text)}


def shipped(path: Path) -> bool:
    return path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names of the files in a wheel that is built from this tree."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (path,) = folder.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        return set(archive.namelist())


@pytest.mark.parametrize("package", ROOTS)
def test_the_wheel_holds_every_file_of_a_package(wheel: set[str], package: str) -> None:
    root = ROOTS[package]
    files = {path.relative_to(root).as_posix() for path in (root / package).rglob("*") if shipped(path)}

    assert f"{package}/py.typed" in files
    assert files - wheel == set()


def test_the_wheel_holds_nothing_else(wheel: set[str]) -> None:
    others = {name for name in wheel if name.partition("/")[0] not in ROOTS}

    assert {name.partition("/")[0] for name in others} == {f"eksaminer-{eksaminer.__version__}.dist-info"}


def test_the_version_is_said_once_and_the_changelog_has_a_place_for_the_next() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text()

    assert PROJECT["project"]["version"] == eksaminer.__version__
    assert "## [Unreleased]" in changelog


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.name)
def test_every_locked_requirement_has_hashes_and_no_address(path: Path) -> None:
    text = path.read_text()

    requirements = re.findall(r"(?m)^[a-z0-9].*$", text, re.IGNORECASE)
    assert requirements
    assert [line for line in requirements if not re.fullmatch(r"\S+==\S+ \\|\S+==\S+ ; .* \\", line)] == []
    assert [line for line in text.splitlines() if "://" in line or line.startswith("-")] == []
    assert re.findall(r" /\S+", text) == []


@pytest.mark.parametrize(
    ("name", "needed"),
    [
        pytest.param("runtime.txt", PROJECT["project"]["dependencies"], id="runtime"),
        pytest.param(
            "dev.txt",
            PROJECT["project"]["dependencies"]
            + PROJECT["project"]["optional-dependencies"]["demo"]
            + PROJECT["dependency-groups"]["dev"],
            id="development",
        ),
    ],
)
def test_the_lock_satisfies_what_the_project_asks_for(name: str, needed: list[str]) -> None:
    pins = locked(name)

    asked = [Requirement(each) for each in needed]
    assert [str(each) for each in asked if pins.get(canonicalize_name(each.name), "") not in each.specifier] == []


def test_development_uses_the_versions_that_users_get() -> None:
    users, developers = locked("runtime.txt"), locked("dev.txt")

    assert {name: version for name, version in users.items() if developers.get(name) != version} == {}


@pytest.mark.parametrize("path", [".ci/run", "scripts/setup", "scripts/lock"])
def test_scripts_can_be_run(path: str) -> None:
    assert os.access(ROOT / path, os.X_OK)
    assert subprocess.run(["bash", "-n", str(ROOT / path)], check=False).returncode == 0


@pytest.mark.parametrize("target", ["demo", "test", "check", "regenerate", "bench", "build"])
def test_make_knows_its_targets(target: str) -> None:
    assert re.search(rf"(?m)^{target}:", (ROOT / "Makefile").read_text())


def test_suppressions_carry_their_code_and_their_reason() -> None:
    marks = re.compile(r"#.*\b(noqa|type: ignore|pragma: no cover)")
    reasoned = re.compile(r"(noqa: [A-Z]+\d+(, [A-Z]+\d+)*|ignore\[[a-z-]+\]|no cover).* - \S")

    bare = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in SOURCES
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if marks.search(line) and not reasoned.search(line)
    ]
    assert bare == []


def test_broad_exceptions_are_caught_in_three_places_at_most() -> None:
    broad = [
        str(path.relative_to(ROOT))
        for path in SOURCES
        for _ in re.findall(r"(?m)^\s*except (?:Base)?Exception\b", path.read_text())
    ]

    assert len(broad) <= 3, broad
