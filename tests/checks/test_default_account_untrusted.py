from __future__ import annotations

from typing import Any

import pytest
from tests.checks.judging import statuses
from tests.samples import role, roles, statement

from eksaminer_checks.audit_cloudtrail_logs.default_account_untrusted import default_account_untrusted

SA = "system:serviceaccount"
CASES = [
    pytest.param(statement(), "pass", id="another account"),
    pytest.param(statement(f"{SA}:shop:default"), "fail", id="named"),
    pytest.param(statement([f"{SA}:shop:app", f"{SA}:shop:default"]), "fail", id="named beside another"),
    pytest.param(statement(f"{SA}:shop:default-app"), "pass", id="a name that begins alike"),
    pytest.param(statement(f"{SA}:default:app"), "pass", id="the namespace default"),
    pytest.param(statement(f"{SA}:*:default", "StringLike"), "review", id="of every namespace, by a wildcard"),
    pytest.param(statement(f"{SA}:shop:*", "StringLike"), "review", id="by a wildcard"),
    pytest.param(statement(f"{SA}:shop:d*", "StringLike"), "review", id="by a prefix"),
    pytest.param(statement(f"{SA}:shop:app-*", "StringLike"), "pass", id="by a prefix that it has not"),
    pytest.param(statement(None), "review", id="everyone"),
    pytest.param(statement(f"{SA}:Shop:default"), "pass", id="a subject that no token has"),
    pytest.param(
        statement(
            "repo:example/app:*",
            Principal={"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"},
        ),
        "not_applicable",
        id="a public service",
    ),
]


@pytest.mark.parametrize(("only", "status"), CASES)
def test_fails_where_a_default_account_is_named(only: dict[str, Any], status: str) -> None:
    assert statuses(default_account_untrusted, roles(role(only))) == [status]


def test_a_deny_takes_the_default_account_back() -> None:
    deny = statement(f"{SA}:*:default", "StringLike", Effect="Deny")

    assert statuses(default_account_untrusted, roles(role(statement(f"{SA}:shop:*", "StringLike"), deny))) == ["pass"]


def test_a_policy_that_cannot_be_read_or_decided_is_for_a_person() -> None:
    hard = [f"{SA}:{'*a' * 12}{number}*:{'?*b' * 12}" for number in range(150)]

    assert statuses(default_account_untrusted, roles(role(trust_policy="{"))) == ["review"]
    assert statuses(default_account_untrusted, roles(role(statement(hard, "StringLike")))) == ["review"]
