from typing import Any

from tests.checks.judging import findings, statuses
from tests.samples import DENIED, hit_group, rule_result, scan

from eksaminer_checks.use_audit_metadata.no_access_for_everyone import (
    ANONYMOUS,
    AUTHENTICATED,
    no_access_for_everyone,
)

BY_ANONYMOUS = hit_group(user="system:anonymous", actor="anonymous", verb="list", resource="pods", namespace="")


def found(anonymous: Any = (), authenticated: Any = (), **fields: Any) -> Any:
    return scan(rule_result(ANONYMOUS, *anonymous), rule_result(AUTHENTICATED, *authenticated), **fields)


def test_passes_when_nobody_came_in_through_a_binding_to_everyone() -> None:
    assert statuses(no_access_for_everyone, found()) == ["pass"]


def test_fails_at_high_severity_when_anonymous_requests_were_allowed() -> None:
    (finding,) = findings(no_access_for_everyone, found(anonymous=[BY_ANONYMOUS]))

    assert (finding.status.value, finding.severity.value) == ("fail", "high")
    assert "1, from 198.51.100.7: list pods" in finding.text


def test_reviews_what_a_binding_to_all_authenticated_allowed() -> None:
    (finding,) = findings(no_access_for_everyone, found(authenticated=[hit_group()]))

    assert (finding.status.value, finding.severity.value) == ("review", "medium")


def test_a_hit_stands_beside_what_was_not_read() -> None:
    assert statuses(no_access_for_everyone, found(anonymous=[BY_ANONYMOUS], unread=DENIED)) == ["not_assessed", "fail"]


def test_needs_both_rules() -> None:
    assert statuses(no_access_for_everyone, scan(rule_result(ANONYMOUS))) == ["not_assessed"]
