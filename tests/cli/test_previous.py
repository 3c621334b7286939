"""`--previous`: a run names the one before it by the digest of its manifest."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cli.conftest import JSON, Run
from tests.samples import collection

from eksaminer.cli.previous import read_previous
from eksaminer.evidence.bundle import save
from eksaminer.record import sha256


@pytest.fixture
def earlier(run: Run, folder: Path) -> Path:
    """A run directory, and the bundle that it was judged from."""
    save(collection(), folder / "bundle.zip")
    assert run("assess", "bundle.zip", *JSON, "-o", "earlier", "--fail-on", "none", "--allow-incomplete").exit_code == 0
    return folder / "earlier"


def judged(run: Run, *options: object) -> int:
    command = ("assess", "bundle.zip", *JSON, "-o", "out", "--fail-on", "none", "--allow-incomplete", *options)
    return run(*command).exit_code


@pytest.mark.parametrize("named", ["earlier", "earlier/assessment.json", "earlier/manifest.json"])
def test_the_run_before_is_named_by_the_digest_of_its_manifest(
    run: Run, folder: Path, earlier: Path, named: str
) -> None:
    assert judged(run, "--previous", named) == 0

    manifest, assessment = (
        json.loads((folder / "out" / name).read_bytes()) for name in ("manifest.json", "assessment.json")
    )
    digest = sha256((earlier / "manifest.json").read_bytes())
    assert manifest["previous"]["manifest_sha256"] == digest
    assert manifest["previous"] == assessment["previous"]
    assert manifest["previous"]["run"] == json.loads((earlier / "assessment.json").read_bytes())["run"]["id"]


def test_a_report_is_tied_to_the_run_before_it(run: Run, folder: Path, earlier: Path) -> None:
    assert run("report", "earlier", *JSON, "--previous", "earlier", "-o", "out").exit_code == 0

    digest = sha256((earlier / "manifest.json").read_bytes())
    assert json.loads((folder / "out" / "manifest.json").read_bytes())["previous"]["manifest_sha256"] == digest


def test_an_assessment_alone_is_compared_and_ties_nothing(folder: Path, earlier: Path) -> None:
    (earlier / "assessment.json").rename(folder / "alone.json")

    assert read_previous(folder / "alone.json").link.manifest_sha256 == ""


def edited(run: Path) -> None:
    path = run / "assessment.json"
    path.write_bytes(path.read_bytes() + b" ")


def without_assessment(run: Path) -> None:
    (run / "assessment.json").unlink()


def cut(name: str) -> Callable[[Path], None]:
    def damage(run: Path) -> None:
        (run / name).write_bytes((run / name).read_bytes()[:100])

    return damage


def unharmed(_: Path) -> None:
    """Leave it as it is."""


@pytest.mark.parametrize(
    ("damage", "named", "said"),
    [
        pytest.param(edited, "earlier", "not the one", id="an edited assessment"),
        pytest.param(cut("assessment.json"), "earlier", "no assessment", id="a cut assessment"),
        pytest.param(cut("manifest.json"), "earlier", "is not the manifest.json", id="a cut manifest"),
        pytest.param(unharmed, "absent", "Cannot read absent", id="nothing there"),
        pytest.param(without_assessment, "earlier", "Cannot read", id="no assessment"),
        pytest.param(unharmed, "bundle.zip", "no assessment", id="a bundle"),
    ],
)
def test_a_damaged_run_is_no_link(
    run: Run, folder: Path, earlier: Path, *, damage: Callable[[Path], object], named: str, said: str
) -> None:
    damage(earlier)
    result = run("assess", "bundle.zip", *JSON, "-o", "out", "--previous", named)

    assert result.exit_code == 4
    assert said in result.stderr
    assert len(result.stderr.splitlines()) <= 2
    assert not (folder / "out").exists()
