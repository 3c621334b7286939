"""Promises that hold for every check, so that no check has to test them itself."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from tests.checks.judging import HOLDERS, findings, unlisted
from tests.samples import collection, scan, sound_sections, trail_scan

from eksaminer.assess import judge
from eksaminer.check import Check
from eksaminer.cli.catalogue import DEVIATION
from eksaminer.criteria import Criteria
from eksaminer.evidence.model import Section
from eksaminer.evidence.scan import AuditLogScan, CloudTrailScan
from eksaminer.gap import Cause, Gap
from eksaminer.guide import BY_SLUG
from eksaminer.outcome import Level, Status
from eksaminer.record import canonical_json
from eksaminer.registry import load_checks
from eksaminer.render.json import load_assessment
from eksaminer.wording import fields

CHECKS = {check.id: check for check in load_checks().checks}
every_check = pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS.keys())
ROOT = Path(__file__).parents[1]


def judged(check: Check, cause: Cause, kind: type[Section]) -> set[Status]:
    gap = Gap(cause=cause, detail="It could not be seen.", permission="some:Permission")
    evidence = collection(gaps={HOLDERS[kind.scope]: {kind: gap}})
    return {finding.status for finding in judge(evidence, [check], Criteria())}


@every_check
def test_required_evidence_that_is_missing_is_never_a_verdict(check: Check) -> None:
    for need in check.needs.values():
        if need.kind == "required":
            assert judged(check, Cause.DENIED, need.section) == {Status.NOT_ASSESSED}


@every_check
def test_optional_evidence_that_is_missing_changes_no_status_but_to_not_assessed(check: Check) -> None:
    sound = {finding.id: finding.status for finding in judge(collection(), [check], Criteria())}
    for need in check.needs.values():
        if need.kind == "optional":
            gap = Gap(cause=Cause.DENIED, detail="It could not be seen.")
            evidence = collection(gaps={HOLDERS[need.section.scope]: {need.section: gap}})

            for finding in judge(evidence, [check], Criteria()):
                assert finding.status in (Status.NOT_ASSESSED, sound.get(finding.id))


@every_check
def test_rules_that_were_not_run_leave_a_check_not_assessed_for_that_reason_alone(check: Check) -> None:
    ran_none: dict[type[Section] | None, Section] = {AuditLogScan: scan(), CloudTrailScan: trail_scan()}
    for need in check.needs.values():
        if need.section in ran_none:
            found = findings(check, ran_none[need.section])
            causes = {finding.cause.cause for finding in found if finding.cause}

            assert Cause.CHECK_ERROR not in causes


@every_check
def test_a_denial_names_the_permission_that_would_cure_it(check: Check) -> None:
    for need in check.needs.values():
        if need.kind == "required":
            gap = Gap(cause=Cause.DENIED, detail="It could not be seen.", permission="some:Permission")
            evidence = collection(gaps={HOLDERS[need.section.scope]: {need.section: gap}})
            (finding,) = judge(evidence, [check], Criteria())

            assert finding.cause is not None
            assert finding.cause.permission == "some:Permission"


@every_check
def test_gives_at_least_one_finding_with_a_sentence(check: Check) -> None:
    found = judge(collection(), [check], Criteria())

    assert found
    assert all(finding.text.endswith(".") for finding in found)
    assert all((finding.cause is not None) == (finding.status is Status.NOT_ASSESSED) for finding in found)


@every_check
def test_gives_the_same_bytes_twice_and_leaves_the_evidence_as_it_was(check: Check) -> None:
    evidence = collection()
    before = [canonical_json(list(item.sections.values())) for item in evidence.evidence.values()]

    first = canonical_json(judge(evidence, [check], Criteria()))

    assert canonical_json(judge(evidence, [check], Criteria())) == first
    assert [canonical_json(list(item.sections.values())) for item in evidence.evidence.values()] == before


@every_check
def test_the_level_off_informs_and_never_judges(check: Check) -> None:
    found = judge(collection(), [check], Criteria(levels={check.id: Level.OFF}))

    assert {finding.status for finding in found} <= {Status.NOT_APPLICABLE}


@every_check
def test_metadata_is_complete(check: Check) -> None:
    assert re.fullmatch(r"[A-Z0-9]+(-[A-Z0-9]+)+", check.id)
    assert check.title
    assert not check.title.endswith(".")
    assert check.criterion.endswith(".")
    assert check.rationale.endswith(".")
    assert check.remediation.endswith(".")
    assert check.recommendation in BY_SLUG
    assert all(link.startswith("https://") for link in check.references)


@every_check
def test_texts_are_sentences_with_named_parameters(check: Check) -> None:
    for template in check.texts.values():
        assert template.endswith(".")
        assert all(name.isidentifier() for name in fields(template))


@every_check
def test_commands_are_ones_that_aws_knows(check: Check, botocore_session: Any) -> None:
    if not check.command:
        return
    words = shlex.split(check.command.format_map(dict.fromkeys(fields(check.command), "x")))
    program, service, operation, *arguments = words
    model = botocore_session.get_service_model(service)
    name = "".join(part.capitalize() for part in operation.split("-"))
    members = {_option(member) for member in model.operation_model(name).input_shape.members}
    options = [word.removeprefix("--") for word in arguments if word.startswith("--")]

    assert program == "aws"
    assert {option.removeprefix("enable-") for option in options} - {"region"} <= members | {
        member.removeprefix("enable-") for member in members
    }


def _option(member: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", member).lower()


@pytest.fixture(scope="session")
def botocore_session() -> Any:
    import botocore.session  # noqa: PLC0415 - heavy, and needed here alone

    return botocore.session.get_session()


@every_check
def test_every_needed_section_says_what_collecting_it_takes(check: Check) -> None:
    for section in check.sections:
        assert section.permissions
        assert section.tier in ("config", "activity", "files", "kubernetes")


def test_what_deviates_in_the_demonstration_is_what_the_list_promises() -> None:
    """What single checks give is compared wherever their own tests judge (`tests/checks/judging.py`)."""
    shown = load_assessment((ROOT / "sample_reports/assessment.json").read_bytes())
    deviating = {finding.check for finding in shown.findings if finding.status in {Status.FAIL, Status.REVIEW}}

    assert len(deviating & CHECKS.keys()) > 40
    assert {name for name, check in CHECKS.items() if unlisted(check, shown.findings, shown.criteria)} == set()


def test_what_the_list_says_of_checks_that_inform_and_of_those_with_parts() -> None:
    def listed(name: str) -> list[str]:
        return [DEVIATION[level] for level in CHECKS[name].results]

    assert listed("ADD-01") == listed("ADD-03") == ["informs"]
    assert listed("LOG-02") == ["review", "informs"]
    assert listed("LOG-03") == ["fail", "review"]
    assert listed("LOG-01") == ["fail"]
    assert listed("SEC-READ-DENIED") == ["review"]


def test_every_check_file_has_its_test_file() -> None:
    sources = (ROOT / "checks/eksaminer_checks").rglob("*")
    names = {p.stem for p in sources if p.suffix in {".py", ".yml"} and not p.stem.startswith("_")}
    tests = {p.stem.removeprefix("test_") for p in (ROOT / "tests/checks").glob("test_*.py")}

    assert names == tests


def test_sound_evidence_fails_nothing() -> None:
    assert sound_sections()
    found = judge(collection(), [check for check in CHECKS.values() if not check.rule_class], Criteria())

    assert {finding.status for finding in found} <= {Status.PASS, Status.NOT_APPLICABLE}
