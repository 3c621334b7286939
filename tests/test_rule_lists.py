"""Rules that need a list of the user: what is not on it is a hit, or what is on it."""

import pytest
from tests.checks.judging import findings, statuses
from tests.samples import hit_group, rule_result, scan

from eksaminer.check import Check
from eksaminer.criteria import Criteria
from eksaminer.registry import load_checks

LOADED = load_checks()
CHECKS = {check.id: check for check in LOADED.checks}
RULES = {rule.id: rule for rule in LOADED.rules}


def judged(check: Check, *entries: str, **fields: object) -> list[str]:
    own = RULES[check.id]
    if own.about and "terms" not in fields:
        fields["terms"] = (fields["source"],)
    result = rule_result(check.id, hit_group(**fields), logic=own.logic, compared=own.compared)
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
    (finding,) = findings(check, scan(rule_result(check.id, hit_group(), logic=RULES[check.id].logic)))

    assert finding.cause is not None
    assert "[allow] AUTH-USER-UNKNOWN" in finding.cause.detail


@pytest.mark.parametrize(
    ("rule", "terms", "entries", "status"),
    [
        pytest.param("POD-IMAGE-DISALLOWED", ("ecr/a:1",), ("ecr/*",), "pass", id="an image on the list"),
        pytest.param("POD-IMAGE-DISALLOWED", ("ecr/a:1", "evil/b"), ("ecr/*",), "review", id="one of two images"),
        pytest.param("POD-IMAGE-DISALLOWED", ("evil/b",), ("alice", "ecr/*"), "review", id="who runs it is no excuse"),
        pytest.param("NODE-JOIN", ("ip-10-0-0-1",), ("ip-10-*",), "pass", id="a node on the list"),
        pytest.param("NODE-JOIN", ("rogue",), ("ip-10-*",), "review", id="another node"),
        pytest.param("NS-DISALLOWED", ("team-a",), ("team-*",), "pass", id="a namespace on the list"),
        pytest.param("NS-DISALLOWED", (), ("*",), "review", id="no name in the event"),
        pytest.param("AUTH-TI-IP", ("203.0.113.66", "10.0.0.1"), ("203.0.113.0/24",), "review", id="behind a proxy"),
    ],
)
def test_a_list_is_compared_with_what_the_rule_is_about(
    rule: str, terms: tuple[str, ...], entries: tuple[str, ...], status: str
) -> None:
    assert judged(CHECKS[rule], *entries, terms=terms) == [status]
