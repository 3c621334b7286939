from typing import Any

import pytest
from tests.checks.judging import findings, statuses
from tests.samples import DENIED, hit_group, rule_result, scan

from eksaminer_checks.use_audit_metadata.events_carry_decision import RULE, events_carry_decision


def found(*groups: Any, **fields: Any) -> Any:
    return scan(rule_result(RULE, *groups), **fields)


def test_passes_when_every_answered_request_carries_both() -> None:
    assert statuses(events_carry_decision, found()) == ["pass"]


def test_reviews_requests_without_decision_and_says_whose() -> None:
    (finding,) = findings(events_carry_decision, found(hit_group(actor="ci", count=3)))

    assert finding.status.value == "review"
    assert "3, by ci (3): patch configmaps in kube-system" in finding.text


@pytest.mark.parametrize(
    "section",
    [
        pytest.param(scan(), id="the rule was not run"),
        pytest.param(found(unread=DENIED), id="part of the log was not read"),
    ],
)
def test_says_nothing_of_what_was_not_seen(section: Any) -> None:
    assert statuses(events_carry_decision, section) == ["not_assessed"]
