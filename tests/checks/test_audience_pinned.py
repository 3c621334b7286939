from __future__ import annotations

from typing import Any

import pytest
from tests.checks.judging import findings, statuses
from tests.samples import APP, DENIED, ISSUER, provider, providers, role, roles, statement

from eksaminer.evidence.iam import OidcProviders
from eksaminer_checks.audit_cloudtrail_logs.audience_pinned import audience_pinned


def with_condition(condition: dict[str, Any]) -> dict[str, Any]:
    return statement(Condition=condition)


NAMED = {"StringEquals": {f"{ISSUER}:sub": APP}}
CASES = [
    pytest.param(statement(), "pass", id="pinned"),
    pytest.param(with_condition(NAMED), "review", id="no condition on the audience"),
    pytest.param(with_condition({**NAMED, "StringLike": {f"{ISSUER}:aud": "*"}}), "review", id="an asterisk"),
    pytest.param(with_condition({**NAMED, "StringLike": {f"{ISSUER}:aud": "sts.*"}}), "pass", id="a prefix"),
    pytest.param(
        with_condition({**NAMED, "StringEqualsIfExists": {f"{ISSUER}:aud": "sts.amazonaws.com"}}),
        "pass",
        id="if it exists, which it does",
    ),
    pytest.param(with_condition({**NAMED, "StringNotEquals": {f"{ISSUER}:aud": "other"}}), "review", id="all but one"),
    pytest.param(statement("system:serviceaccount:shop:*"), "not_applicable", id="nobody is admitted"),
]


@pytest.mark.parametrize(("only", "status"), CASES)
def test_the_audience_is_pinned_if_no_other_is_taken(only: dict[str, Any], status: str) -> None:
    assert statuses(audience_pinned, roles(role(only))) == [status]


def test_a_deny_pins_the_audience_too() -> None:
    denied = statement(Effect="Deny", Condition={"StringNotEquals": {f"{ISSUER}:aud": "sts.amazonaws.com"}})

    assert statuses(audience_pinned, roles(role(with_condition(NAMED), denied))) == ["pass"]


def test_names_the_audiences_that_the_provider_takes() -> None:
    both = providers(provider(client_ids=("other", "sts.amazonaws.com")))

    (finding,) = findings(audience_pinned, roles(role(with_condition(NAMED))), both)

    assert "(other, sts.amazonaws.com)" in finding.text
    assert finding.severity == "low"


def test_says_when_the_audiences_of_the_provider_are_not_known() -> None:
    (finding,) = findings(audience_pinned, roles(role(with_condition(NAMED))), gaps={OidcProviders: DENIED})

    assert "it is not known which" in finding.text


def test_a_policy_that_cannot_be_read_or_decided_is_for_a_person() -> None:
    hard = [f"system:serviceaccount:{'*a' * 12}{number}*:{'?*b' * 12}" for number in range(150)]

    assert statuses(audience_pinned, roles(role(trust_policy="{"))) == ["review"]
    assert statuses(audience_pinned, roles(role(statement(hard, "StringLike")))) == ["review"]
