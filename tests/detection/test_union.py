"""The union of all peers' detections: each has a rule here, or is documented as blind."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.logs.made import ROOT, all_rules

from eksaminer.detection import RuleClass
from eksaminer.detection.blind import load_blind_spots
from eksaminer.guide import BY_SLUG
from eksaminer.registry import Loaded

UNION = ROOT.parent / "shared" / "data" / "detections.yaml"
needs_union = pytest.mark.skipif(not UNION.is_file(), reason="the union of all detections (../shared) is not here")
PACK: Path = ROOT / "checks" / "eksaminer_checks"

FURTHER = {
    "ADMISSION-POLICY-CHANGE": "what the API server judges objects by without a webhook",
    "META-NO-DECISION": "events without decision and reason, for META-01",
    "META-CHANGE": "changes by whoever is no part of the cluster, for META-05",
    "META-ALL-AUTHENTICATED": "requests let in by a binding to everyone who is authenticated, for META-02",
}
"""Rules that no peer has."""

NO_TECHNIQUE = {"CM-CHANGE", "NET-SERVICE", "SA-ACTIVE", "META-NO-DECISION", "META-CHANGE"}
"""Counts of ordinary work, and a property of the log: no technique of an attack."""


def union() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load(UNION.read_text(encoding="utf-8"))["detections"]
    return found


@needs_union
def test_every_detection_has_a_rule_or_is_documented_as_blind() -> None:
    blind = {one["id"] for one in union() if one["class"] == RuleClass.IMPOSSIBLE}
    others = {one["id"] for one in union()} - blind

    assert {spot.id for spot in load_blind_spots(PACK)} == blind
    assert {rule.id for rule in all_rules()} == others | FURTHER.keys()


@needs_union
def test_class_severity_and_technique_are_those_of_the_union() -> None:
    rules = {rule.id: rule for rule in all_rules()}
    for one in union():
        if one["class"] != RuleClass.IMPOSSIBLE:
            rule = rules[one["id"]]

            assert (rule.rule_class, rule.severity) == (one["class"], one["severity"])
            assert set(rule.mitre) == set(one["mitre"]) - {"-"}


def test_every_rule_says_all_that_a_reader_needs() -> None:
    for rule in all_rules():
        assert rule.description.strip().endswith(".")
        assert rule.rationale.endswith(".")
        assert rule.remediation.endswith(".")
        assert rule.false_positives
        assert rule.references
        assert bool(rule.mitre) is (rule.id not in NO_TECHNIQUE)
        assert rule.recommendation in BY_SLUG


def test_the_checks_that_rules_feed_are_written_as_ids(loaded: Loaded) -> None:
    fed = {name for rule in all_rules() for name in rule.feeds}

    assert {rule.rule_class for rule in all_rules() if rule.feeds} == {RuleClass.FEEDS}
    assert {"META-01", "META-02", "META-03", "META-05"} <= fed & {check.id for check in loaded.checks}
