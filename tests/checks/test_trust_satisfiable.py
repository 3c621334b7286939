from __future__ import annotations

from typing import Any

import pytest
from tests.checks.judging import findings, statuses
from tests.samples import APP, DENIED, ISSUER, provider, providers, role, roles, statement

from eksaminer_checks.audit_cloudtrail_logs.trust_satisfiable import trust_satisfiable

SA = "system:serviceaccount"
OTHER = "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/DEF"


def keyed(key: str, value: str = APP) -> dict[str, Any]:
    return statement(Condition={"StringEquals": {f"{ISSUER}:aud": "sts.amazonaws.com", key: value}})


DEAD = [
    pytest.param(statement(f"{SA}:shop:*"), "literally", id="an asterisk in StringEquals"),
    pytest.param(statement(f"{SA}:Shop:app"), "upper case", id="upper case"),
    pytest.param(statement(f"{SA}:{'a' * 64}:app"), "too long", id="a namespace of 64 characters"),
    pytest.param(statement("app"), "no subject", id="no subject at all"),
    pytest.param(
        keyed("oidc.eks.eu-central-1.amazonaws.com/id/DEF:sub"), "another issuer", id="a key of another issuer"
    ),
    pytest.param(keyed(f"{ISSUER}:azp"), "claim", id="a claim that no token has"),
    pytest.param(keyed(f"{ISSUER}:aud", "other"), "audience", id="an audience that the provider does not take"),
    pytest.param(statement(Action="sts:AssumeRole"), "", id="not the action of a web identity"),
]


@pytest.mark.parametrize(("only", "said"), DEAD)
def test_a_policy_that_nobody_can_satisfy_is_reviewed_with_the_reason(only: dict[str, Any], said: str) -> None:
    found = findings(trust_satisfiable, roles(role(only)))

    assert [item.status.value for item in found] == (["review"] if said else ["not_applicable"])
    assert said in found[0].text


def test_a_provider_that_the_account_does_not_have_lets_nobody_in() -> None:
    (finding,) = findings(trust_satisfiable, roles(role(statement())), providers(provider(OTHER)))

    assert finding.status == "review"
    assert "the account has no such identity provider" in finding.text


def test_passes_at_the_longest_namespace() -> None:
    assert statuses(trust_satisfiable, roles(role(statement(f"{SA}:{'a' * 63}:app")))) == ["pass"]


def test_a_deny_that_takes_everything_back_is_named() -> None:
    deny = statement(Effect="Deny", Condition={})

    (finding,) = findings(trust_satisfiable, roles(role(statement(), deny)))

    assert finding.status == "review"
    assert "takes back everything" in finding.text


def test_one_value_that_never_matches_beside_one_that_does_is_reviewed() -> None:
    (finding,) = findings(trust_satisfiable, roles(role(statement([APP, f"{SA}:shop:*"]))))

    assert finding.status == "review"
    assert finding.text.startswith("A part of the trust policy can never apply")


def test_what_depends_on_the_request_may_be_satisfied() -> None:
    condition = {"StringEquals": {f"{ISSUER}:sub": APP}, "IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}

    (finding,) = findings(trust_satisfiable, roles(role(statement(Condition=condition))))

    assert finding.status == "pass"
    assert "depending on what no token tells" in finding.text


def test_an_audience_of_its_own_is_satisfied_by_a_provider_that_takes_it() -> None:
    own = roles(role(statement(Condition={"StringEquals": {f"{ISSUER}:aud": "other", f"{ISSUER}:sub": APP}})))

    assert statuses(trust_satisfiable, own) == ["review"]
    assert statuses(trust_satisfiable, own, providers(provider(client_ids=("other",)))) == ["pass"]


def test_nothing_is_said_where_the_audiences_of_the_provider_could_not_be_read() -> None:
    assert statuses(trust_satisfiable, providers(provider(client_ids=DENIED)))[:1] == ["not_assessed"]


def test_a_policy_that_cannot_be_read_or_decided_is_for_a_person() -> None:
    hard = [f"{SA}:{'*a' * 12}{number}*:{'?*b' * 12}" for number in range(150)]

    assert statuses(trust_satisfiable, roles(role(trust_policy="{"))) == ["review"]
    assert statuses(trust_satisfiable, roles(role(statement(hard, "StringLike")))) == ["review"]
