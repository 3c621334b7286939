"""`--prices` and `--framework`: what they change of a judgement, and what is said where they cannot be used."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cli.conftest import Run
from tests.samples import collection

from eksaminer.evidence import bundle

PRICES = """
currency = "{currency}"
date = 2026-10-01
source = "Agreement 4711"
[regions.eu-central-1]
ingestion = [{{ price = 0.10 }}]
storage = 0.01
"""


@pytest.fixture
def stored(folder: Path) -> Path:
    place = folder / "evidence.zip"
    bundle.save(collection(), place)
    return place


def test_negotiated_prices_and_a_framework_are_judged_by_offline(run: Run, stored: Path, folder: Path) -> None:
    (folder / "prices.toml").write_text(PRICES.format(currency="USD"))
    (folder / "eksaminer.toml").write_text("[criteria]\nmonthly_budget = 14.35\n")

    result = run(
        "assess", stored, "--checks", "LOG-04,LOG-11", "--fail-on", "low", "--prices", "prices.toml",
        "--framework", "hipaa", "--json", "--format", "json",
    )  # fmt: skip

    # 4 GB a day: 1460 GB x 0.10 = 146.00, stored 219 GB x 0.01 x 12 = 26.28: 14.3567 a month.
    found = {item["check"]: item for item in json.loads(result.stdout)["findings"] if item["status"] == "fail"}
    assert result.exit_code == 1
    assert "14.36 USD a month; the budget is 14.35" in found["LOG-11"]["text"]
    assert "HIPAA" in found["LOG-04"]["text"]


REFUSED = [
    pytest.param(("--framework", "pci"), "there is no framework", id="no such framework"),
    pytest.param(("--prices", "none.toml"), "Cannot read none.toml", id="no such file"),
    pytest.param(("--prices", "bad.toml"), "is not TOML", id="no TOML"),
    pytest.param(("--prices", "yuan.toml"), "in CNY, the budget in USD", id="another currency than the budget"),
]


@pytest.mark.parametrize(("options", "said"), REFUSED)
def test_what_cannot_be_used_is_refused_before_anything_is_judged(
    options: tuple[str, ...], said: str, run: Run, stored: Path, folder: Path
) -> None:
    (folder / "bad.toml").write_text("[")
    (folder / "yuan.toml").write_text(PRICES.format(currency="CNY"))
    (folder / "eksaminer.toml").write_text("[criteria]\nmonthly_budget = 5\n")

    result = run("assess", stored, *options)

    assert result.exit_code == 2
    assert said in result.stderr
