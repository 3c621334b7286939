"""Correlations: the log engine finds the episodes that the direct evaluator finds."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.logs.made import event

from eksaminer.detection import Rule, RuleError, episodes, read_rule
from eksaminer.logs import Options, scan

START = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
BASE = """title: A step
name: {name}
logsource: {{product: kubernetes, service: audit}}
detection: {{s: {{verb: {verb}}}, condition: s}}
---
"""
CORRELATION = """title: Several
id: 7a2f3a7e-1f6b-4a0f-a3a5-5a4e1b7d2c63
correlation: %s
eksaminer: {id: SEVERAL-%s}
"""


def rule(number: int, kind: str, seconds: int, least: int, group: list[str]) -> Rule:
    bases = "".join(BASE.format(name=verb, verb=verb) for verb in ("get", "list"))
    section: dict[str, Any] = {"type": kind, "rules": ["get", "list"], "group-by": group, "timespan": f"{seconds}s"}
    if not kind.startswith("temporal"):
        section["condition"] = {"gte": least} | ({"field": "objectRef.name"} if kind == "value_count" else {})
    return read_rule(bases + CORRELATION % (json.dumps(section), number), f"{number}.yml")


def at(second: int, verb: str, user: str, name: str) -> dict[str, Any]:
    time = (START + timedelta(seconds=second)).isoformat()
    return event(
        verb=verb, user={"username": user}, objectRef={"resource": "pods", "name": name},
        requestReceivedTimestamp=time, stageTimestamp=time,
    )  # fmt: skip


KINDS = st.sampled_from(["event_count", "value_count", "temporal", "temporal_ordered"])
RULES = st.tuples(
    KINDS, st.integers(1, 12), st.integers(1, 4), st.sampled_from([[], ["user.username"], ["user.username", "verb"]])
)
EVENTS = st.builds(
    at, st.integers(0, 60), st.sampled_from(["get", "list", "watch"]), st.sampled_from("ab"), st.sampled_from("xyz")
)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example])
@given(chosen=st.lists(RULES, min_size=8, max_size=12), events=st.lists(EVENTS, min_size=10, max_size=40))
def test_the_engine_and_the_evaluator_find_the_same_episodes(
    chosen: list[Any], events: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    rules = [rule(number, *parts) for number, parts in enumerate(chosen)]
    named = [one | {"auditID": f"id-{number}"} for number, one in enumerate(events)]
    path: Path = tmp_path_factory.mktemp("log") / "log"
    path.write_text("".join(json.dumps(one) + "\n" for one in named), encoding="utf-8")
    with scan([path], rules, Options(threads=1)) as outcome:
        found = {(name, frozenset(hit.aggregate.audit_ids)) for name, hit in outcome.hits() if hit.aggregate}
    expected = {
        (one.id, frozenset(f"id-{position}" for position in episode.events))
        for one in rules
        if one.correlation
        for episode in episodes(one.correlation, named)
    }

    assert found == expected


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param({"type": "sum"}, "correlation.type is 'sum'", id="an unknown kind"),
        pytest.param({"rules": ["other"]}, "names 'other'", id="a rule that is not there"),
        pytest.param({"timespan": "soon"}, "not like 30m", id="no span"),
        pytest.param({"condition": {"gte": "x"}}, "whole numbers", id="no number"),
        pytest.param({"condition": {"gte": 1, "field": "verb"}}, "needed by value_count", id="a field to count"),
        pytest.param({"group-by": ["nothing"]}, "unknown field nothing", id="an unknown field"),
        pytest.param({"aliases": {}}, "correlation.aliases is not supported", id="aliases"),
    ],
)
def test_refuses_a_correlation_with_a_sentence(change: dict[str, Any], words: str) -> None:
    section = {"type": "event_count", "rules": ["get"], "timespan": "1m", "condition": {"gte": 2}} | change
    with pytest.raises(RuleError, match=words):
        read_rule(BASE.format(name="get", verb="get") + CORRELATION % (json.dumps(section), 1), "rule.yml")
