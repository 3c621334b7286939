from typing import Any

import pytest
from tests.checks.judging import findings, statuses
from tests.samples import DENIED, hit_group, rule_result, scan

from eksaminer.criteria import Criteria
from eksaminer.evidence.scan import Refusal
from eksaminer_checks.use_audit_metadata.refusals_explained import RULE, refusals_explained


def found(*groups: Any, **fields: Any) -> Any:
    return scan(rule_result(RULE, *groups), **fields)


def refused(why: str, **fields: Any) -> Any:
    return hit_group(code=403, refusal=Refusal(why), **fields)


def test_passes_when_nothing_was_refused() -> None:
    assert statuses(refusals_explained, found()) == ["pass"]


@pytest.mark.parametrize(
    ("group", "why"),
    [
        pytest.param(refused("credentials"), "credentials were not accepted", id="bad credentials"),
        pytest.param(refused("authorizer"), "authorizer refused", id="no permission"),
        pytest.param(refused("escalation"), "grant more than the user has", id="escalation"),
        pytest.param(refused("quota"), "a quota was exceeded", id="quota"),
        pytest.param(refused("admission"), "a webhook, a policy", id="admission"),
        pytest.param(refused("impersonation"), "act as another identity", id="impersonation"),
        pytest.param(refused(""), "does not say what refused it", id="nothing known"),
    ],
)
def test_says_why_a_request_was_refused(group: Any, why: str) -> None:
    (finding,) = findings(refusals_explained, found(group))

    assert finding.status.value == "review"
    assert why in finding.text


def test_names_the_busiest_first_and_counts_the_others() -> None:
    groups = [refused("authorizer", actor=f"actor-{number}", count=number) for number in range(1, 8)]

    (finding,) = findings(refusals_explained, found(*groups))

    assert "28, by actor-7 (7), actor-6 (6)" in finding.text
    assert "2 more" in finding.text


def test_each_reason_is_a_finding_of_its_own() -> None:
    assert statuses(refusals_explained, found(refused("credentials"), refused("authorizer"))) == ["review", "review"]


def test_expected_actors_are_counted_and_make_no_finding() -> None:
    criteria = Criteria(allow={RULE: ("probe",)})

    (finding,) = findings(refusals_explained, found(refused("authorizer", actor="probe")), criteria=criteria)

    assert finding.status.value == "pass"
    assert "expected actors alone (1)" in finding.text


@pytest.mark.parametrize(
    "section",
    [
        pytest.param(scan(), id="the rule was not run"),
        pytest.param(found(unread=DENIED), id="part of the log was not read"),
    ],
)
def test_says_nothing_of_what_was_not_seen(section: Any) -> None:
    assert statuses(refusals_explained, section) == ["not_assessed"]
