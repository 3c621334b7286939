"""The cases beside a rule: events that fire it, and near misses that do not."""

import json
from pathlib import Path
from typing import Any

import pytest

from eksaminer.detection import Rule, matches, read_rule
from eksaminer.logs import scan

PACK = Path(__file__).parents[2] / "checks" / "eksaminer_checks"


def file_of(name: str) -> Path:
    (path,) = PACK.rglob(name)
    return path


def rule_of(stem: str) -> Rule:
    return read_rule(file_of(f"{stem}.yml").read_text(encoding="utf-8"), f"{stem}.yml")


def cases_of(stem: str) -> list[tuple[str, bool, dict[str, Any]]]:
    """Return name, expectation and event of each case."""
    cases = json.loads(file_of(f"{stem}.cases.json").read_text(encoding="utf-8"))
    return [
        (case["name"], expected, case["event"])
        for key, expected in (("fires", True), ("does_not_fire", False))
        for case in cases[key]
    ]


def every_case(stem: str) -> pytest.MarkDecorator:
    params = [pytest.param(event, expected, id=name) for name, expected, event in cases_of(stem)]
    return pytest.mark.parametrize(("event", "hit"), params)


def fires(stem: str, event: dict[str, Any]) -> bool:
    return matches(rule_of(stem).predicate, event)


def found_by_engine(stem: str, folder: Path) -> list[bool]:
    """Return for each case, in order, whether the log engine has a hit for it."""
    cases = cases_of(stem)
    events = [event | {"auditID": f"case-{number}"} for number, (_, _, event) in enumerate(cases)]
    path = folder / "cases.jsonl"
    path.write_text("".join(json.dumps(event) + "\n" for event in events))
    with scan([path], [rule_of(stem)]) as outcome:
        found = {hit.audit_id for _, hit in outcome.hits()}
    return [f"case-{number}" in found for number in range(len(cases))]


def expected_of(stem: str) -> list[bool]:
    return [hit for _, hit, _ in cases_of(stem)]
