"""The cases beside a rule: events that fire it, and near misses that do not."""

import json
from pathlib import Path
from typing import Any

import pytest

from eksaminer.detection import Rule, episodes, matches, read_rule
from eksaminer.logs import scan

PACK = Path(__file__).parents[2] / "checks" / "eksaminer_checks"

Event = dict[str, Any]
Case = Event | list[Event]
"""One event; of a correlation several."""


def file_of(name: str) -> Path:
    (path,) = PACK.rglob(name)
    return path


def rule_of(stem: str) -> Rule:
    return read_rule(file_of(f"{stem}.yml").read_text(encoding="utf-8"), f"{stem}.yml")


def cases_of(stem: str) -> list[tuple[str, bool, Case]]:
    """Return name, expectation and events of each case."""
    cases = json.loads(file_of(f"{stem}.cases.json").read_text(encoding="utf-8"))
    return [
        (case["name"], expected, case["events"] if "events" in case else case["event"])
        for key, expected in (("fires", True), ("does_not_fire", False))
        for case in cases[key]
    ]


def every_case(stem: str) -> pytest.MarkDecorator:
    params = [pytest.param(event, expected, id=name) for name, expected, event in cases_of(stem)]
    return pytest.mark.parametrize(("event", "hit"), params)


def fires(stem: str, event: Case) -> bool:
    rule = rule_of(stem)
    if rule.correlation is not None:
        return bool(episodes(rule.correlation, event if isinstance(event, list) else [event], rule.log))
    assert not isinstance(event, list)
    return matches(rule.predicate, event)


def found_by_engine(stem: str, folder: Path) -> list[bool]:
    """Return for each case, in order, whether the log engine has a hit for it."""
    cases = [event for _, _, event in cases_of(stem)]
    if rule_of(stem).correlation is not None:
        return [bool(_hits(stem, folder, event if isinstance(event, list) else [event])) for event in cases]
    events = [_numbered(event, number) for number, event in enumerate(cases) if not isinstance(event, list)]
    found = _hits(stem, folder, events)
    return [f"case-{number}" in found for number in range(len(cases))]


def _numbered(event: Event, number: int) -> Event:
    return event | {"eventID" if "eventSource" in event else "auditID": f"case-{number}"}


def _hits(stem: str, folder: Path, events: list[Event]) -> set[str]:
    """Return the ids of the events of all hits in a log of *events*."""
    path = folder / "cases.jsonl"
    path.write_text("".join(json.dumps(event) + "\n" for event in events))
    with scan([path], [rule_of(stem)]) as outcome:
        return {hit.audit_id for _, hit in outcome.hits()}


def expected_of(stem: str) -> list[bool]:
    return [hit for _, hit, _ in cases_of(stem)]
