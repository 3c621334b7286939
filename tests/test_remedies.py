"""Remedies in other forms: each is sound in its own language, whatever the names are that are put into it."""

from __future__ import annotations

import json
import re
import shlex
from typing import Any

import msgspec
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from tests.render.sample import FINDINGS, PROD, assessment, finding, group

from eksaminer.check import Check
from eksaminer.criteria import Criteria
from eksaminer.findings import Assessment, Finding
from eksaminer.outcome import Resource, Status
from eksaminer.registry import load_checks
from eksaminer.remedy import FORMS, STANDARD, Form, filled, standard_names, with_issuer
from eksaminer.render import attached, html, pdf
from eksaminer.render.remedies import remedies
from eksaminer.render.texts import ENGLISH, texts
from eksaminer.wording import fields

CHECKS = {check.id: check for check in load_checks().checks if check.remedies}
ROLE = Resource(type="AWS::IAM::Role", id="arn:aws:iam::111122223333:role/team/app")
SEEN = frozenset({"trail", "home", "alarm", "bucket", "detector"})
"""Names that a check takes from what it saw."""
DERIVED = frozenset({"provider", "issuer_sub", "issuer_aud", "namespace", "service_account"})
HOSTILE = '"; $(rm -rf ~) ${file("/etc/passwd")} %{ if true }\n  Type: Evil\n}\'`\\ \x1b[31m \u202e # '

every_remedy = pytest.mark.parametrize(
    ("name", "form"), [(name, form) for name, check in CHECKS.items() for form in FORMS if form in check.remedies]
)


def names(value: str | None = None) -> dict[str, str | int]:
    """Return every name a template can use; each of them *value*, if that is given."""
    standard = standard_names("111122223333", "eu-central-1", "prod", ROLE, Criteria())
    given_ = {name: f"some-{name}" for name in (*SEEN, *DERIVED, "issuer", "aspect", "role")}
    every = with_issuer({**standard, **given_, "issuer": "oidc.eks.eu-central-1.amazonaws.com/id/ABC"})
    return every if value is None else {name: value if isinstance(old, str) else old for name, old in every.items()}


def hcl_tokens(text: str) -> list[str]:
    """Return the tokens of HCL outside strings and comments; raises `ValueError` where a string does not end."""
    token = re.compile(
        r"""(?P<heredoc><<-(?P<mark>[A-Z]+)\n.*?\n\s*(?P=mark)\n)|(?P<comment>\#[^\n]*)|"""
        r"""(?P<string>"(?:[^"\\\n]|\\.)*")|(?P<other>[^"#\s])|\s+""",
        re.DOTALL | re.VERBOSE,
    )
    place, found = 0, []
    while place < len(text):
        match = token.match(text, place)
        if match is None:
            raise ValueError(text[place : place + 40])
        place = match.end()
        if match["other"] or match["string"]:
            found.append(match[0])
    return found


def check_hcl(text: str) -> None:
    """Fail where brackets do not match, a string interpolates, or a line is no block, argument or end."""
    pairs, opened = {")": "(", "]": "[", "}": "{"}, []
    for token in hcl_tokens(text):
        if token in pairs.values():
            opened.append(token)
        elif token in pairs:
            assert opened.pop() == pairs[token]
        elif token.startswith('"'):
            assert not re.search(r"(?<!\$)\$\{|(?<!%)%\{", token), token

    assert not opened
    for line in re.sub(r"<<-QUERY.*?QUERY", '""', text, flags=re.DOTALL).split("\n"):
        assert re.fullmatch(
            r"\s*(#.*|[\]})]+|[\w-]+\s*=\s*\S.*|\"[^\"]+\"\s*=\s*\S.*|[a-z_]+( \"[\w-]+\")* \{|)", line
        ), line


def resources(text: str) -> dict[str, Any]:
    """Return the resources of a CloudFormation template."""
    found = yaml.safe_load(text)["Resources"]
    assert isinstance(found, dict)
    return found


def sound(text: str, form: Form) -> None:
    match form:
        case "terraform":
            check_hcl(text)
        case "cloudformation":
            for item in resources(text).values():
                assert set(item) <= {"Type", "Properties", "DeletionPolicy", "UpdateReplacePolicy"}
                assert re.fullmatch(r"AWS::\w+::\w+", item["Type"])
                assert item["Properties"]
        case "kubectl":
            for line in text.split("\n"):
                assert shlex.split(line)[0] == "kubectl"
        case _:
            assert " › " in text
            assert "\n" not in text


@every_remedy
def test_every_form_is_sound_in_its_own_language(name: str, form: Form) -> None:
    text = filled(CHECKS[name].remedies[form], names(), form)

    sound(text, form)
    assert "{{" not in text


@every_remedy
def test_every_place_has_a_name_that_is_known(name: str, form: Form) -> None:
    check: Check = CHECKS[name]
    said = {place for template in check.texts.values() for place in fields(template)}

    assert fields(check.remedies[form]) <= STANDARD | SEEN | DERIVED | said


@every_remedy
def test_no_name_can_end_a_string_and_begin_something_else(name: str, form: Form) -> None:
    template = CHECKS[name].remedies[form]
    if form == "console":
        return
    text = filled(template, names(HOSTILE), form)

    if form == "kubectl":
        words = shlex.split(text)
        assert all(HOSTILE in word for word in words if "rm -rf" in word)
        return
    sound(text, form)
    if form == "cloudformation":
        plain = resources(filled(template, names(), form))
        assert list(resources(text)) == list(plain)
        assert [item["Type"] for item in resources(text).values()] == [item["Type"] for item in plain.values()]


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_literal_of_yaml_is_read_as_the_name_it_was(value: str) -> None:
    assert yaml.safe_load(filled("{name}", {"name": value}, "cloudformation")) == value


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_literal_of_terraform_holds_the_name_and_nothing_that_is_evaluated(value: str) -> None:
    literal = filled("{name}", {"name": value}, "terraform")
    (token,) = hcl_tokens(literal)
    plain = re.sub(r"\\U([0-9a-f]{8})", lambda found: chr(int(found[1], 16)), token)

    assert json.loads(plain.replace("$${", "${").replace("%%{", "%{"), strict=False) == value


def test_a_number_stays_a_number_and_an_account_does_not_become_one() -> None:
    assert filled("{days} {account}", {"days": 90, "account": "012345678901"}, "cloudformation") == '90 "012345678901"'


def test_a_name_that_is_not_known_stands_in_capitals() -> None:
    assert filled("{trail}", {}, "terraform") == '"TRAIL"'


# The report ---------------------------------------------------------------------------------------


def short(**changes: object) -> Finding:
    return finding("LOG-04", Status.FAIL, PROD, "Kept for 30 days.", resource=group("prod"), **changes)


def with_forms() -> Assessment:
    made = assessment([*FINDINGS, short(forms=True, aspect="x")])
    checks = tuple(
        msgspec.structs.replace(info, remedies=dict(CHECKS["LOG-04"].remedies)) if info.id == "LOG-04" else info
        for info in made.checks
    )
    return msgspec.structs.replace(made, checks=checks)


def test_the_forms_are_filled_in_for_what_they_cure_and_for_nothing_else() -> None:
    made = with_forms()
    info = next(item for item in made.checks if item.id == "LOG-04")
    shown = remedies(short(forms=True), info, made.criteria, texts(ENGLISH))

    assert [form.label for form in shown] == ["Terraform", "CloudFormation", "Console"]
    assert '  name = "/aws/eks/prod/cluster"' in shown[0].lines
    assert "  retention_in_days = 90" in shown[0].lines[-2]
    assert remedies(short(), info, made.criteria, texts(ENGLISH)) == ()


def test_the_page_folds_them_into_each_exception_and_paper_shows_them_once_for_a_check() -> None:
    made = with_forms()
    page, paper = html.render(made).decode(), pdf.page_of(made, attached.files_of(made))

    assert page.count("aws_cloudwatch_log_group") == paper.count("aws_cloudwatch_log_group") > 0
    assert "<details><summary>Terraform</summary>" in page
    assert '<p class="form">Terraform</p>' in paper
