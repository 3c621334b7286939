"""The languages of the reports, as the command line and the configuration name them."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.conftest import Run
from tests.render.sample import assessment

from eksaminer.render import FORMATS
from eksaminer.render.texts import language_of


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    path = tmp_path / "assessment.json"
    path.write_bytes(FORMATS["json"].render(assessment()))
    return path


@pytest.mark.parametrize(
    ("names", "files"),
    [
        pytest.param([], ["report.html", "summary.md"], id="English by default"),
        pytest.param(["--lang", "zh-TW"], ["report.zh-TW.html", "summary.zh-TW.md"], id="Chinese alone"),
        pytest.param(
            ["--lang", "zh_TW,en"],
            ["report.html", "report.zh-TW.html", "summary.md", "summary.zh-TW.md"],
            id="both, in another spelling",
        ),
    ],
)
def test_each_language_has_files_of_its_own(
    run: Run, folder: Path, stored: Path, names: list[str], files: list[str]
) -> None:
    result = run("report", str(stored), "--format", "html,md,csv,json", "-o", "out", *names)

    assert result.exit_code == 0, result.stderr
    written = sorted(path.name for path in (folder / "out").iterdir())
    assert written == sorted([*files, "assessment.json", "findings.csv", "manifest.json"])


def test_files_for_programs_are_the_same_in_every_language(run: Run, folder: Path, stored: Path) -> None:
    for name in ("en", "zh-TW"):
        assert run("report", str(stored), "--format", "csv,json", "--lang", name, "-o", name).exit_code == 0

    for file in ("assessment.json", "findings.csv"):
        assert (folder / "en" / file).read_bytes() == (folder / "zh-TW" / file).read_bytes()


def test_a_language_that_is_not_there_is_a_usage_error(run: Run, folder: Path, stored: Path) -> None:
    result = run("report", str(stored), "--lang", "de", "-o", "out")

    assert result.exit_code == 2
    assert "--lang: there is no language 'de'." in result.stderr
    assert "en and zh-TW" in result.stderr
    assert not (folder / "out").exists()


@pytest.mark.parametrize("name", ["zh-TW", "zh_TW", "zh-tw", "zh-Hant", "zh_Hant_TW"])
def test_taiwan_s_chinese_has_several_names(name: str) -> None:
    assert language_of(name) == "zh-TW"


def test_simplified_chinese_is_another_language() -> None:
    assert language_of("zh-CN") == ""
    assert language_of("zh") == ""
