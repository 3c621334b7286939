"""Whether a log could have shown what a rule looks for."""

import pytest
from tests.logs.made import rules

from eksaminer.detection import explain, insights_filter, observable, read_rule
from eksaminer.evidence.scan import LevelCount

ROLES = next(rule for rule in rules() if rule.id == "RBAC-ROLE-CHANGE")
RBAC = "rbac.authorization.k8s.io"


def seen(group: str, resource: str, verb: str, level: str) -> LevelCount:
    return LevelCount(group=group, resource=resource, verb=verb, level=level, count=1)


@pytest.mark.parametrize(
    ("levels", "answer"),
    [
        pytest.param([], "unknown", id="an empty log"),
        pytest.param([seen("", "pods", "create", "Metadata")], "unknown", id="nothing of that kind"),
        pytest.param([seen(RBAC, "roles", "get", "Metadata")], "unknown", id="reading alone"),
        pytest.param([seen("iam.services.k8s.aws", "roles", "create", "Metadata")], "unknown", id="another group"),
        pytest.param([seen(RBAC, "roles", "create", "None")], "no", id="logged without its fields"),
        pytest.param([seen(RBAC, "clusterroles", "patch", "Metadata")], "yes", id="metadata is enough"),
        pytest.param(
            [seen(RBAC, "roles", "create", "None"), seen(RBAC, "roles", "update", "Request")], "yes", id="some are"
        ),
    ],
)
def test_answers_from_the_kinds_and_levels_in_the_log(levels: list[LevelCount], answer: str) -> None:
    assert observable(ROLES.predicate, levels) == answer


TEMPLATE = """
title: T
id: 7a2f3a7e-1f6b-4a0f-a3a5-5a4e1b7d2c63
logsource: {product: kubernetes, service: audit}
detection:
  a: {verb: [get, list]}
  b: {user.username|startswith: 'x', responseStatus.code|gte: 400}
  c: {userAgent|re: '^curl', objectRef.name: ''}
  d: {impersonatedUser.username|exists: true}
  condition: CONDITION
eksaminer: {id: T-1}
"""


A = "verb is get or list"
B = "user starts with x and answer code is at least 400"
CURL = "user agent holds a text that matches /^curl/"
C = f"{CURL} and name is empty"


@pytest.mark.parametrize(
    ("condition", "sentence", "answer"),
    [
        pytest.param("a", "verb is get or list", "yes", id="plain"),
        pytest.param("not a", "verb is none of get or list", "unknown", id="negated"),
        pytest.param("a or c", f"verb is get or list or ({CURL} and name is empty)", "yes", id="or"),
        pytest.param("d", "impersonated user is there", "yes", id="there"),
        pytest.param("not d", "impersonated user is missing", "yes", id="missing"),
    ],
)  # fmt: skip
def test_says_in_english_what_it_looks_for(condition: str, sentence: str, answer: str) -> None:
    rule = read_rule(TEMPLATE.replace("CONDITION", condition))

    assert explain(rule) == f"A request matches where {sentence}."
    assert observable(rule.predicate, [seen("", "pods", "get", "Metadata")]) == answer


@pytest.mark.parametrize(
    ("condition", "lines"),
    [
        pytest.param("b", ["- user starts with x", "- answer code is at least 400"], id="other fields"),
        pytest.param("c", [f"- {CURL}", "- name is empty"], id="expression"),
        pytest.param("a and not (b or c)", [f"- {A}", f"- not ({B})", f"- not ({C})"], id="none of several"),
    ],
)  # fmt: skip
def test_lists_what_has_to_hold_together(condition: str, lines: list[str]) -> None:
    rule = read_rule(TEMPLATE.replace("CONDITION", condition))

    assert explain(rule).split("\n")[2:] == lines


@pytest.mark.parametrize("condition", ["not a", "d", "a or d", "b or c"])
def test_a_rule_that_no_text_can_narrow_fetches_the_whole_stream(condition: str) -> None:
    rule = read_rule(TEMPLATE.replace("CONDITION", condition))

    assert insights_filter([rule]) == '@logStream like "kube-apiserver-audit"'
