"""Sigma files: what is read, and what is refused with which words."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.logs.made import ROOT, event

from eksaminer.detection import Rule, RuleClass, RuleError, explain, load_rules, matches, read_rule, rules_from_text
from eksaminer.outcome import Basis, Severity

RULE = """\
title: A role was changed
id: 7a2f3a7e-1f6b-4a0f-a3a5-5a4e1b7d2c63
tags: [attack.persistence, attack.t1098, attack.t1552.007]
logsource:
  product: kubernetes
  service: audit
detection:
  selection:
    objectRef.resource: configmaps
  condition: selection
level: high
eksaminer:
  id: MY-RULE
"""


def with_detection(detection: dict[str, Any]) -> Rule:
    document = yaml.safe_load(RULE) | {"detection": detection}
    return read_rule(yaml.safe_dump(document), "rule.yml")


def fires(selection: Any, **changes: Any) -> bool:
    return matches(with_detection({"s": selection, "condition": "s"}).predicate, event(**changes))


def test_reads_what_a_rule_says() -> None:
    rule = read_rule(RULE, "rule.yml")

    assert (rule.id, rule.severity, rule.rule_class, rule.basis) == (
        "MY-RULE", Severity.HIGH, RuleClass.LEAD, Basis.BEYOND,
    )  # fmt: skip
    assert rule.mitre == ("T1098", "T1552.007")
    assert explain(rule) == "A request matches where resource is configmaps."


def test_prose_does_not_change_the_digest_of_the_logic_and_logic_does() -> None:
    prose = RULE.replace("A role was changed", "Other words").replace("high", "low").replace("selection", "renamed")

    assert read_rule(prose).logic == read_rule(RULE).logic
    assert read_rule(RULE.replace("configmaps", "secrets")).logic != read_rule(RULE).logic


@pytest.mark.parametrize(
    ("selection", "hit"),
    [
        pytest.param({"verb": "UPDATE"}, True, id="case does not matter"),
        pytest.param({"verb|cased": "UPDATE"}, False, id="but with cased it does"),
        pytest.param({"verb": "up*"}, True, id="star"),
        pytest.param({"verb": "updat?"}, True, id="question mark"),
        pytest.param({"verb": r"up\*"}, False, id="escaped star"),
        pytest.param({"verb|contains": "pda"}, True, id="contains"),
        pytest.param({"verb|startswith": "upd"}, True, id="startswith"),
        pytest.param({"verb|endswith": "ate"}, True, id="endswith"),
        pytest.param({"verb|contains|all": ["up", "te"]}, True, id="all of the values"),
        pytest.param({"verb|contains|all": ["up", "xx"]}, False, id="not all of the values"),
        pytest.param({"verb|re": "^up.ate$"}, True, id="regular expression"),
        pytest.param({"verb|re": "^UP"}, False, id="which minds the case"),
        pytest.param({"verb|re|i": "^UP"}, True, id="unless told not to"),
        pytest.param({"verb": ["get", "update"]}, True, id="one of several"),
        pytest.param({"verb|neq": "update"}, False, id="neq"),
        pytest.param({"impersonatedUser.username|neq": "x"}, True, id="neq of what is missing"),
        pytest.param({"impersonatedUser.username": None}, True, id="null is missing"),
        pytest.param({"verb": None}, False, id="null is not there"),
        pytest.param({"verb|exists": True}, True, id="exists"),
        pytest.param({"responseStatus.code": 200}, True, id="a number"),
        pytest.param({"responseStatus.code": "200"}, True, id="a number as text"),
        pytest.param({"responseStatus.code|gte": 200, "responseStatus.code|lt": 300}, True, id="a range"),
        pytest.param({"responseStatus.code|gt": 200}, False, id="above"),
        pytest.param({"sourceIPs": "198.51.100.*"}, True, id="any element of a list"),
        pytest.param([{"verb": "get"}, {"verb": "update"}], True, id="a list of mappings is or"),
        pytest.param({"verb": "update", "level": "Request"}, False, id="a mapping is and"),
        pytest.param({"annotations.authorization.k8s.io/decision": "allow"}, True, id="an annotation"),
    ],
)
def test_means_what_sigma_means(selection: Any, hit: bool) -> None:
    assert fires(selection) is hit


POD = {
    "metadata": {"annotations": {"containers.image": "note"}},
    "spec": {
        "containers": [
            {"name": "app", "image": "good/app", "ports": [{"hostPort": 80}, {"hostPort": 443}]},
            {"name": "side", "image": "evil/miner", "args": ["-x", "pool"]},
        ]
    },
}


@pytest.mark.parametrize(
    ("selection", "hit"),
    [
        pytest.param({"requestObject.spec.containers.image|startswith": "evil/"}, True, id="of one of the objects"),
        pytest.param({"requestObject.spec.containers.image": "bad/x"}, False, id="of none"),
        pytest.param({"requestObject.spec.containers.args": "pool"}, True, id="a list within an object"),
        pytest.param({"requestObject.spec.containers.ports.hostPort": 443}, True, id="arrays within arrays"),
        pytest.param({"requestObject.spec.containers.ports.hostPort|neq": 443}, False, id="neq is the opposite"),
        pytest.param(
            {"requestObject.spec.containers.image|contains|all": ["good", "evil"]}, True, id="all of the values"
        ),
        pytest.param({"requestObject.spec.containers.args|exists": True}, True, id="one has it"),
        pytest.param({"requestObject.spec.containers.tty|exists": False}, True, id="none has it"),
        pytest.param({"requestObject.spec.containers.args": None}, False, id="one has it, so it is not missing"),
        pytest.param(
            {"requestObject.metadata.annotations.containers.image": "note"}, True, id="a key with dots is a key"
        ),
        pytest.param({"requestObject.spec.containers.image|re": "^evil"}, True, id="regular expression"),
    ],
)
def test_a_path_through_an_array_is_asked_of_any_of_its_objects(selection: Any, hit: bool) -> None:
    assert fires(selection, verb="create", requestObject=POD) is hit


def test_what_is_one_object_and_not_several_is_asked_too() -> None:
    selection = {"requestObject.spec.rules.verbs": "get"}

    assert fires(selection, requestObject={"spec": {"rules": {"verbs": ["get"]}}})
    assert fires(selection, requestObject={"spec": {"rules": [{"verbs": ["list", "get"]}]}})


@pytest.mark.parametrize(
    ("condition", "hit"),
    [
        ("yes", True), ("no", False), ("not no", True), ("yes and no", False), ("yes or no", True),
        ("no or no and yes", False), ("yes and not (no or no)", True), ("NOT no AND yes", True),
        ("1 of them", True), ("all of them", False), ("all of ye*", True), ("1 of n*", False), ("any of *", True),
    ],
)  # fmt: skip
def test_conditions(condition: str, hit: bool) -> None:
    detection = {"yes": {"verb": "update"}, "no": {"verb": "get"}, "_unused": {"verb": "x"}, "condition": condition}
    rule = with_detection({str(key): value for key, value in detection.items()})

    assert matches(rule.predicate, event()) is hit


def condition(text: str) -> str:
    return RULE.replace("condition: selection", f"condition: {text}")


def resource(rest: str) -> str:
    return RULE.replace("resource: configmaps", f"resource{rest}")


def field(name: str) -> str:
    return RULE.replace("objectRef.resource", name)


REFUSED = [
    pytest.param("title: [", "rule.yml:1: not YAML", id="no YAML"),
    pytest.param("- a\n- b", "a rule is a mapping", id="a list"),
    pytest.param("a: &x [1]\nb: *x", "anchors and aliases are not allowed", id="an alias"),
    pytest.param("[" * 50, "nested deeper than 24", id="deep"),
    pytest.param("{a: " * 60 + "1" + "}" * 60, "nested deeper than 24", id="deep mappings"),
    pytest.param("x" * 70_000, "larger than 64 KB", id="large"),
    pytest.param("a: !!python/object/apply:os.system [ls]", "not YAML", id="code"),
    pytest.param("a: 1\n---\nb: 2", "one file holds one rule", id="two documents"),
    pytest.param("a: 1\na: 2", "rule.yml:2: the key 'a' stands twice", id="a key twice"),
    pytest.param("? [a]\n: 1", "not YAML: found unhashable key", id="a key that is a list"),
    pytest.param("a: " + "9" * 5_000, "a value cannot be read", id="a huge number"),
    pytest.param("date: 2026-99-99", "a value cannot be read", id="no date"),
    pytest.param("a: \x07", "not YAML", id="a control character"),
    pytest.param(RULE.replace("title: A role was changed\n", ""), "title has to be there", id="no title"),
    pytest.param(RULE.replace("7a2f3a7e-1f6b", "x"), "rule.yml:2: id has to be a UUID", id="no UUID"),
    pytest.param(RULE.replace("MY-RULE", "rule"), "rule.yml:13: the id 'rule' is not of the form", id="no id"),
    pytest.param(RULE.replace("level: high", "level: bad"), "level is 'bad'; known are critical, high", id="no level"),
    pytest.param(RULE.replace("service: audit", "service: x"), "logsource has to be kubernetes", id="another log"),
    pytest.param(field("objectRef.resourc"), "did you mean objectRef.resource?", id="a typo"),
    pytest.param(field("requestObject"), "unknown field requestObject", id="a whole body"),
    pytest.param(field("requestObject.spec.a[any]"), "needs sigma-version: 3", id="an array block"),
    pytest.param("sigma-version: 3\n" + field("user.groups[any]"), "holds a mapping", id="a block of a text"),
    pytest.param(resource("|cidr: 10.0.0.0/40"), "is no network", id="no network"),
    pytest.param(resource("|fieldref: other"), "unknown field other", id="a reference to nothing"),
    pytest.param(resource("|base64: configmaps"), "the modifier base64 of objectRef.resource", id="a modifier"),
    pytest.param(resource("|contains|endswith: configmaps"), "exclude each other", id="two modifiers"),
    pytest.param(resource("|re: '(?=a)'"), "is not supported", id="lookahead"),
    pytest.param(resource("|re: '('"), "is wrong", id="a wrong expression"),
    pytest.param(resource(": {a: b}"), "have to be texts, numbers", id="a mapping"),
    pytest.param(resource(": []"), "needs between 1 and 1000 values", id="no value"),
    pytest.param(resource("|gte: x"), "compared with one number", id="no number"),
    pytest.param(resource("|exists: x"), "is true or false", id="no truth"),
    pytest.param(resource("|contains: null"), "null cannot be", id="null with modifier"),
    pytest.param(resource("|i: x"), "need the modifier re", id="a flag alone"),
    pytest.param(condition("other"), "rule.yml:10: the condition names 'other'", id="no such selection"),
    pytest.param(condition("(selection"), "without a closing one", id="parenthesis"),
    pytest.param(condition("selection and"), "ends too early", id="early end"),
    pytest.param(condition("selection selection"), "goes on after its end", id="late end"),
    pytest.param(condition("selection | count() > 5"), "unexpected character", id="pipe"),
    pytest.param(condition("1 of x*"), "no selection is called", id="of nothing"),
    pytest.param(condition(f"{'(' * 60}selection{')' * 60}"), "nested deeper", id="deep condition"),
    pytest.param(condition("selection or " * 300 + "selection"), "more than 200 words", id="long condition"),
    pytest.param(RULE + "  evidence: [uri.command]\n", "may hold passwords", id="a command as evidence"),
    pytest.param(
        RULE + "  evidence: [user.extra.accessKeyId]\n", "unknown field user.extra.accessKeyId", id="a key as evidence"
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "words"), REFUSED)
def test_refuses_with_a_sentence(text: str, words: str) -> None:
    with pytest.raises(RuleError) as caught:
        read_rule(text, "rule.yml")

    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_broken_rule_does_not_stop_the_others(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "a.yml").write_text(RULE)
    (tmp_path / "b.yml").write_text("title: [")
    (tmp_path / "c.yml").write_bytes(b"\xff")
    (tmp_path / "d.yml").write_text(RULE)
    (tmp_path / "notes.txt").write_text("no rule")
    rules, errors = load_rules(tmp_path)

    assert [rule.file for rule in rules] == ["below/a.yml"]
    assert [error.file for error in errors] == ["b.yml", "c.yml", "d.yml"]
    assert str(errors[2]) == "d.yml: the id MY-RULE is already that of below/a.yml"


def test_rules_are_read_from_texts_too() -> None:
    rules, errors = rules_from_text({"a.yml": RULE, "b.yml": "nonsense"})

    assert [rule.id for rule in rules] == ["MY-RULE"]
    assert [error.file for error in errors] == ["b.yml"]


def test_the_built_in_rules_are_complete() -> None:
    rules, errors = load_rules(ROOT / "checks" / "eksaminer_checks")

    assert not errors
    assert [query.number for rule in rules if rule.guide for query in rule.guide.queries] == [8, 1, 4, 6, 3, 5, 7, 2]
    for rule in rules:
        assert all((rule.description, rule.rationale, rule.remediation))
        assert rule.basis is Basis.GUIDE or rule.guide is None
        assert rule.rule_class is not RuleClass.IMPOSSIBLE
        assert rule.guide is None or (rule.guide.misses and rule.guide.ours and rule.mitre)


def test_hits_belong_to_one_of_the_queries_of_the_guide() -> None:
    rules = {rule.id: rule for rule in load_rules(ROOT / "checks" / "eksaminer_checks")[0]}
    guide = rules["RBAC-ROLE-CHANGE"].guide
    assert guide

    assert [query.number for query in guide.queries if query.covers("clusterroles")] == [5]
