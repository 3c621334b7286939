"""The linter: what is dead, noisy or unbounded is found, with its place; what is sound is left alone."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.logs.made import ROOT

from eksaminer.cli import cli
from eksaminer.detection import load_allow_lists, read_rule
from eksaminer.detection.document import read_documents
from eksaminer.detection.lint import LintReport, lint, lint_rule

FLAWED = Path(__file__).parent / "flawed_rules"
PACK = ROOT / "checks" / "eksaminer_checks"
LISTS = load_allow_lists(PACK)
REPORT = lint(FLAWED, LISTS)


def found(report: LintReport, level: str) -> dict[str, list[tuple[int, str]]]:
    files: dict[str, list[tuple[int, str]]] = {}
    for problem in report.problems:
        if problem.level == level and problem.kind != "no-allow-list":
            files.setdefault(problem.file.removesuffix(".yml"), []).append((problem.line, problem.kind))
    return files


def test_finds_the_six_kinds_of_rules_that_cannot_fire_and_what_else_makes_a_rule_useless() -> None:
    assert found(REPORT, "error") == {
        "field_of_the_pod_at_the_top": [(11, "unknown-field")],
        "field_of_a_container_at_the_top": [(11, "unknown-field")],
        "group_without_object": [(9, "unknown-field")],
        "group_without_object_patched": [(12, "unknown-field")],
        "decision_as_code": [(13, "impossible-value")],
        "events_of_the_core_group": [(9, "never-logged")],
        "body_that_is_not_logged": [(11, "never-logged")],
        "count_in_the_condition": [(10, "refused")],
        "count_without_bounds": [(18, "no-lower-bound")],
        "no_such_allow_list": [(15, "no-such-list")],
        "object_as_text": [(9, "impossible-value")],
        "resource_with_slash": [(9, "impossible-value")],
        "two_verbs_at_once": [(11, "contradiction")],
    }


def test_tells_parts_that_do_nothing_apart_from_rules_that_do_nothing() -> None:
    assert found(REPORT, "warning") == {
        "a_filter_that_filters_nothing": [(12, "unknown-field"), (13, "unused-selection")],
        "count_without_bounds": [(14, "no-group-by"), (17, "long-timespan")],
        "everything_but": [(10, "matches-nearly-all")],
        "object_as_text": [(11, "impossible-value")],
        "verb_of_kubectl": [(11, "impossible-value")],
    }


def test_a_rule_that_can_match_and_expects_nobody_is_noise() -> None:
    files = {problem.file.removesuffix(".yml") for problem in REPORT.problems if problem.kind == "no-allow-list"}

    assert files == {"a_filter_that_filters_nothing", "everything_but", "verb_of_kubectl"}


def test_each_problem_says_what_why_and_how_to_mend_it() -> None:
    for problem in REPORT.problems:
        assert all(text.endswith((".", "?")) for text in (problem.what, problem.why, problem.mend))


def test_rules_for_other_products_are_left_out_and_counted() -> None:
    assert (REPORT.files, REPORT.rules, REPORT.skipped) == (18, 17, 1)


@pytest.mark.parametrize(
    ("text", "level"),
    [
        pytest.param("title: T\nid: x\nlevel: high\n", "error", id="a rule without log source and detection"),
        pytest.param("title: T\nlogsource: {product: windows}\n", "error", id="a rule for another log, as little"),
        pytest.param("replicas: 3\n", "warning", id="something else"),
    ],
)
def test_a_file_without_a_detection_is_named_and_is_no_rule_for_another_log(
    text: str, level: str, tmp_path: Path
) -> None:
    (tmp_path / "half.yml").write_text(text)
    report = lint(tmp_path, LISTS)

    assert [(item.file, item.level, item.kind) for item in report.problems] == [("half.yml", level, "no-rule")]
    assert (report.files, report.rules, report.skipped) == (1, 0, 0)


def test_our_own_rules_are_clean() -> None:
    report = lint(PACK, {})

    assert report.problems == ()
    assert report.rules > 100


TEMPLATE = """
title: T
id: 7a2f3a7e-1f6b-4a0f-a3a5-5a4e1b7d2c63
sigma-version: 3
logsource: {product: kubernetes, service: audit}
detection:
  a: A
  b: B
  condition: CONDITION
"""


def kinds(a: str, b: str = "{verb: get}", condition: str = "a") -> set[str]:
    text = TEMPLATE.replace("A\n", f"{a}\n").replace("B\n", f"{b}\n").replace("CONDITION", condition)
    rule = read_rule(text, "rule.yml")
    ignored = {"no-allow-list", "unused-selection"}
    return {problem.kind for problem in lint_rule(rule, read_documents(text, "rule.yml"), {})} - ignored


SOUND = [
    "{objectRef.resource: pods, objectRef.subresource: exec, verb: [get, create]}",
    "{objectRef.apiGroup: events.k8s.io, objectRef.resource: events, verb: delete}",
    "{objectRef.resource: configmaps, objectRef.name: aws-auth, requestObject.data.mapRoles|exists: true}",
    "{objectRef.apiGroup: kyverno.io, objectRef.resource: policies, verb: create}",
    "{verb: post, uri.path: /login}",
    "{uri.path: [/version, /readyz]}",
    "{stage: Panic}",
    "{responseStatus.code|gte: 400}",
    "{responseStatus.code: 4*}",
    "{verb|re: '^(get|list)$'}",
    "{sourceIPs: [10.1.2.3, '10.*']}",
    "{'pod.volumes[any]': {hostPath.path|exists: true}, verb: patch}",
    "{objectRef.resource: serviceaccounts, verb: create, requestObject.spec.audiences|exists: true}",
    "[kubectl, curl]",
    "{userAgent|fieldref: user.username}",
]


@pytest.mark.parametrize("selection", SOUND)
def test_says_nothing_of_what_can_match(selection: str) -> None:
    assert kinds(selection) == set()


@pytest.mark.parametrize(
    ("selection", "kind"),
    [
        pytest.param("{verb: get, stage: Done}", "impossible-value", id="a stage"),
        pytest.param("{verb: null}", "impossible-value", id="never missing"),
        pytest.param("{responseStatus.code|gt: 700}", "impossible-value", id="no such code"),
        pytest.param("{objectRef.apiGroup: v1}", "impossible-value", id="a version as group"),
        pytest.param("{sourceIPs: internal}", "impossible-value", id="no address"),
        pytest.param("{verb|contains: replace}", "impossible-value", id="part of no verb"),
        pytest.param("{uri.path: /healthz}", "never-logged", id="a health path"),
        pytest.param("{objectRef.resource: secrets, requestObject.type: Opaque}", "never-logged", id="a body"),
        pytest.param("{verb: list, responseObject.kind: PodList}", "never-logged", id="an answer to a question"),
        pytest.param("{objectRef.resource: pods, verb: post}", "contradiction", id="the verb of a path"),
        pytest.param("{verb: get, pod.hostNetwork: true}", "contradiction", id="a spec that is only read"),
        pytest.param("{userAgent: curl, userAgent|endswith: x}", "contradiction", id="one text, two ends"),
        pytest.param("{userAgent: curl, userAgent|exists: false}", "contradiction", id="there and not there"),
        pytest.param("{user.name|fieldref: user.uid}", "unknown-field", id="a reference"),
        pytest.param("{'spec.containers[any]': {image: x}}", "unknown-field", id="an array"),
    ],
)
def test_finds_what_never_matches(selection: str, kind: str) -> None:
    assert kinds(selection) == {kind}


def test_a_part_that_never_matches_is_told_where_others_do() -> None:
    assert kinds("{verb: get}", "{objectRef.resource: pods, verb: post}", "a or b") == {"contradiction"}


def test_too_many_ways_are_not_looked_at() -> None:
    many = "[" + ", ".join(f"word{number}" for number in range(40)) + "]"

    assert kinds(many, many, "a and b") == set()


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(cli, ["checks", "lint", *arguments])
    return result.exit_code, result.output


def test_the_command_names_file_and_line_and_exits_with_1_on_errors() -> None:
    code, output = run(str(FLAWED))

    assert code == 1
    assert "events_of_the_core_group.yml:9: error: The verb delete of events is never logged. [never-logged]" in output
    assert "errors: 13; warnings: " in output


@pytest.mark.parametrize("name", ["sound.yml", "verb_of_kubectl.yml"])
def test_warnings_do_not_fail(name: str) -> None:
    assert run(str(FLAWED / name))[0] == 0


def test_the_command_gives_json() -> None:
    code, output = run(str(FLAWED / "no_such_allow_list.yml"), "--json")
    report = json.loads(output)

    assert (code, report["schema"], report["rules"]) == (1, "eksaminer.lint/1", 1)
    assert report["problems"][0]["kind"] == "no-such-list"
    assert report["problems"][0]["line"] == 15


def test_a_path_that_is_not_there_or_holds_no_rule_is_wrong_usage(tmp_path: Path) -> None:
    assert run(str(tmp_path / "nowhere"))[0] == 2
    assert run(str(tmp_path))[0] == 2


def test_two_rules_with_one_id_and_broken_lists_are_errors(tmp_path: Path) -> None:
    (tmp_path / "one.yml").write_text((FLAWED / "sound.yml").read_text())
    (tmp_path / "two.yml").write_text((FLAWED / "sound.yml").read_text())
    (tmp_path / "allow_lists.yml").write_text("friends: x\n")
    report = lint(tmp_path, {})

    assert [(problem.file, problem.kind) for problem in report.problems] == [
        ("allow_lists.yml", "refused"),
        ("two.yml", "duplicate"),
    ]
