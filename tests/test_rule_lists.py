"""Rules that need a list of the user: what is not on it is a hit, or what is on it."""

import pytest
from tests.checks.judging import findings, statuses
from tests.samples import hit_group, rule_result, scan

from eksaminer.check import Check
from eksaminer.criteria import Criteria
from eksaminer.registry import load_checks

LOADED = load_checks()
CHECKS = {check.id: check for check in LOADED.checks}
LOGIC = {rule.id: rule.logic for rule in LOADED.rules}


def judged(check: Check, *entries: str, **fields: object) -> list[str]:
    result = rule_result(check.id, hit_group(**fields), logic=LOGIC[check.id])
    criteria = Criteria(allow={check.id: entries}) if entries else Criteria()
    return statuses(check, scan(result), criteria=criteria)


@pytest.mark.parametrize(
    ("entries", "status"),
    [
        pytest.param((), "not_assessed", id="no list"),
        pytest.param(("203.0.113.66",), "review", id="the address"),
        pytest.param(("203.0.113.0/24",), "review", id="its network"),
        pytest.param(("203.0.113.*",), "review", id="a pattern"),
        pytest.param(("198.51.100.0/24", "no address"), "pass", id="others"),
    ],
)
def test_a_list_of_bad_addresses_names_the_hits(entries: tuple[str, ...], status: str) -> None:
    assert judged(CHECKS["AUTH-TI-IP"], *entries, source="203.0.113.66") == [status]


@pytest.mark.parametrize(
    ("entries", "status"),
    [
        pytest.param((), "not_assessed", id="no list"),
        pytest.param(("arn:aws:iam::111122223333:role/Admin",), "pass", id="the role"),
        pytest.param(("alice",), "pass", id="the user name"),
        pytest.param(("198.51.100.0/24",), "pass", id="where it comes from"),
        pytest.param(("bob",), "review", id="somebody else"),
    ],
)
def test_a_list_of_known_users_names_what_is_no_hit(entries: tuple[str, ...], status: str) -> None:
    assert judged(CHECKS["AUTH-USER-UNKNOWN"], *entries) == [status]


def test_the_reason_says_where_to_write_the_list() -> None:
    check = CHECKS["AUTH-USER-UNKNOWN"]
    (finding,) = findings(check, scan(rule_result(check.id, hit_group(), logic=LOGIC[check.id])))

    assert finding.cause is not None
    assert "[allow] AUTH-USER-UNKNOWN" in finding.cause.detail
