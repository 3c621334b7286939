from __future__ import annotations

from typing import Any

import pytest
from tests.checks.judging import findings, statuses
from tests.samples import (
    ADMINISTRATOR,
    APP,
    CLUSTER,
    DENIED,
    ISSUER,
    ORDINARY,
    PROVIDER,
    allowing,
    attached,
    changed,
    cluster,
    for_pods,
    objects,
    provider,
    providers,
    role,
    role_policies,
    roles,
    statement,
)

from eksaminer.evidence.iam import OidcProviders, PolicyDocument, RolePolicies
from eksaminer.evidence.kubernetes import KubernetesObjects
from eksaminer.findings import Finding
from eksaminer.gap import Gap
from eksaminer_checks.audit_cloudtrail_logs.role_trust_exact import role_trust_exact

SA = "system:serviceaccount"
GITHUB = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"


def one(*statements: dict[str, Any], may: str = ORDINARY, **fields: Any) -> Finding:
    (finding,) = findings(role_trust_exact, roles(role(*statements, **fields)), role_policies(attached(may)))
    return finding


def github(subject: str) -> dict[str, Any]:
    issuer = "token.actions.githubusercontent.com"
    condition = {"StringEquals": {f"{issuer}:aud": "sts.amazonaws.com"}, "StringLike": {f"{issuer}:sub": subject}}
    return statement(Principal={"Federated": GITHUB}, Condition=condition)


def test_passes_when_only_the_named_service_account_is_admitted() -> None:
    finding = one(statement())

    assert finding.status == "pass"
    assert finding.text.endswith(": shop/app.")


WIDE = [
    pytest.param([statement(None)], ORDINARY, "fail", "high", "a/a", id="no condition on the subject"),
    pytest.param([statement(None)], ADMINISTRATOR, "fail", "critical", "a/a", id="everyone, of an administrator"),
    pytest.param([statement(None)], DENIED, "fail", "high", "a/a", id="everyone, policies not readable"),
    pytest.param([statement("*", "StringLike")], ORDINARY, "fail", "high", "a/a", id="an asterisk"),
    pytest.param([statement(f"{SA}:*:app", "StringLike")], ORDINARY, "fail", "high", "a/app", id="any namespace"),
    pytest.param(
        [statement(f"{SA}:*:app", "StringLike")], ADMINISTRATOR, "fail", "high", "a/app", id="any namespace, admin"
    ),
    pytest.param(
        [statement(f"{SA}:shop*app", "StringLike")], ORDINARY, "fail", "high", "shop/app", id="a missing colon"
    ),
    pytest.param(
        [statement(f"{SA}:team-?:app", "StringLike")],
        ORDINARY,
        "fail",
        "high",
        "team-a/app",
        id="one character of a namespace",
    ),
    pytest.param([statement(APP, "StringNotEquals")], ORDINARY, "fail", "high", "a/a", id="all but one"),
    pytest.param([statement(Principal="*", Condition={})], ORDINARY, "review", "high", "", id="anybody perhaps"),
    pytest.param(
        [statement(f"{SA}:shop:*", "StringLike")], ORDINARY, "review", "medium", "shop/a", id="a whole namespace"
    ),
    pytest.param(
        [statement(f"{SA}:shop:*", "StringLike")],
        ADMINISTRATOR,
        "review",
        "high",
        "shop/a",
        id="a namespace, of an administrator",
    ),
    pytest.param(
        [statement([APP, f"{SA}:shop:web-*"], "StringLike")],
        ORDINARY,
        "review",
        "medium",
        "shop/web-a",
        id="a name and a prefix",
    ),
    pytest.param(
        [statement(APP), statement(None)],
        ORDINARY,
        "fail",
        "high",
        "a/a",
        id="exact, and a second statement that is not",
    ),
]


@pytest.mark.parametrize(("statements", "policies", "status", "severity", "witness"), WIDE)
def test_judges_by_how_wide_it_is_and_what_the_role_may_do(
    statements: list[dict[str, Any]], policies: str | Gap, status: str, severity: str, witness: str
) -> None:
    finding = next(
        item
        for item in findings(
            role_trust_exact,
            roles(role(*statements)),
            *(() if isinstance(policies, Gap) else (role_policies(attached(policies)),)),
            gaps={RolePolicies: policies} if isinstance(policies, Gap) else None,
        )
        if item.discriminator != "besides"
    )

    assert (finding.status, finding.severity) == (status, severity)
    assert witness in finding.text


def test_a_deny_that_takes_back_all_but_the_named_passes() -> None:
    allowed = statement(f"{SA}:shop:*", "StringLike")
    denied = statement(APP, "StringNotEquals", Effect="Deny")
    denied["Condition"] = {"StringNotEquals": {f"{ISSUER}:sub": APP}}

    assert one(allowed, denied).status == "pass"


def test_nobody_is_no_verdict() -> None:
    assert one(statement(f"{SA}:shop:*")).status == "not_applicable"


UNREADABLE = [
    pytest.param("", id="empty"),
    pytest.param("{", id="no JSON"),
    pytest.param("[]", id="a list"),
    pytest.param('{"Version":"2012-10-17","Statement":[{"Effect":"Maybe"}]}', id="an unknown effect"),
    pytest.param('{"Version":"2012-10-17"}', id="no statement"),
    pytest.param('{"Statement":' + "[" * 5000 + "]" * 5000 + "}", id="nested deeply"),
    pytest.param('{"Statement":[],"Statement":[]}', id="a key twice"),
    pytest.param(" " * 70_000, id="too large"),
]


@pytest.mark.parametrize("document", UNREADABLE)
def test_a_policy_that_cannot_be_read_is_for_a_person(document: str) -> None:
    finding = one(trust_policy=document)

    assert finding.status == "review"
    assert "cannot be read" in finding.text


def test_a_policy_too_complex_to_decide_is_for_a_person() -> None:
    values = [f"{SA}:{'*a' * 12}{number}*:{'?*b' * 12}" for number in range(150)]

    finding = one(statement(values, "StringLike"))

    assert finding.status == "review"
    assert "too complex" in finding.text


def test_shows_the_service_accounts_that_exist_and_their_pods() -> None:
    wide = roles(role(statement(f"{SA}:shop:*", "StringLike")))

    (finding,) = findings(role_trust_exact, wide)

    assert (
        "In demo exist, and are admitted besides the named ones: shop/app (1 pod), shop/default (0 pods)."
        in finding.text
    )


def test_says_when_no_existing_service_account_is_admitted() -> None:
    wide = roles(role(statement(f"{SA}:other:*", "StringLike")))

    (finding,) = findings(role_trust_exact, wide)

    assert "No service account that exists in demo is admitted besides the named ones." in finding.text


NOT_SEEN = [
    pytest.param({KubernetesObjects: DENIED}, (), id="no objects"),
    pytest.param({}, (objects(service_accounts=DENIED),), id="no service accounts"),
]


@pytest.mark.parametrize(("gaps", "sections"), NOT_SEEN)
def test_without_kubernetes_it_says_what_is_not_assessed(gaps: Any, sections: Any) -> None:
    wide = roles(role(statement(f"{SA}:shop:*", "StringLike")))

    (finding,) = findings(role_trust_exact, wide, *sections, gaps=gaps)

    assert finding.status == "review"
    assert "Which service accounts of demo exist is not assessed: Access was denied." in finding.text


def test_an_issuer_that_no_read_cluster_has_leaves_the_existing_accounts_open() -> None:
    wide = roles(role(statement(f"{SA}:shop:*", "StringLike")))

    (finding,) = findings(role_trust_exact, wide, changed(cluster(), issuer="oidc.eks.eu-central-1.amazonaws.com/id/X"))

    assert "which service accounts exist is not assessed" in finding.text


OUTSIDE = [
    pytest.param("repo:example/*", "pass", id="the repositories of an organisation"),
    pytest.param("repo:example/app:ref:refs/heads/main", "pass", id="one branch"),
    pytest.param("repo:*", "fail", id="any repository"),
    pytest.param("*", "fail", id="anything"),
    pytest.param("repo:*/app:*", "fail", id="a repository name of any organisation"),
]


@pytest.mark.parametrize(("subject", "status"), OUTSIDE)
def test_a_public_service_is_judged_by_whether_its_subject_is_bounded(subject: str, status: str) -> None:
    finding = one(github(subject))

    assert finding.status == status
    assert "is outside EKS" in finding.text


def test_a_public_service_without_any_subject_is_critical_for_an_administrator() -> None:
    open_to_all = statement(None, Principal={"Federated": GITHUB}, Condition={})

    assert one(open_to_all, may=ADMINISTRATOR).severity == "critical"


def test_other_claims_of_a_public_service_may_keep_strangers_out() -> None:
    finding = one(github_where(aud="sts.amazonaws.com", repository="example/app"), may=ADMINISTRATOR)

    assert (finding.status, finding.severity) == ("review", "high")
    assert "StringEquals on token.actions.githubusercontent.com:repository is a claim besides" in finding.text


def test_a_bounded_subject_of_a_public_service_is_enough_whatever_the_other_claims() -> None:
    assert one(github_where(sub="repo:example/app:ref:refs/heads/main", repository_id="1")).status == "pass"


def github_where(**claims: str) -> dict[str, Any]:
    keys = {f"token.actions.githubusercontent.com:{claim}": value for claim, value in claims.items()}
    return statement(Principal={"Federated": GITHUB}, Condition={"StringEquals": keys})


def test_a_public_service_with_patterns_too_complex_to_decide_is_for_a_person() -> None:
    issuer = "token.actions.githubusercontent.com"
    values = [f"repo:{'*a' * 12}{number}*:{'?*b' * 12}" for number in range(150)]
    condition = {"StringEquals": {f"{issuer}:aud": "sts.amazonaws.com"}, "StringLike": {f"{issuer}:sub": values}}

    assert one(statement(Principal={"Federated": GITHUB}, Condition=condition)).status == "review"


def test_another_audience_that_the_provider_takes_is_judged_too() -> None:
    other = statement(None)
    other["Condition"] = {"StringEquals": {f"{ISSUER}:aud": "other"}}
    evidence = roles(role(statement(), other))

    assert statuses(role_trust_exact, evidence) == ["pass"]
    assert statuses(role_trust_exact, evidence, providers(provider(client_ids=("other", "sts.amazonaws.com")))) == [
        "fail"
    ]
    assert statuses(role_trust_exact, evidence, gaps={OidcProviders: DENIED}) == ["not_assessed"]
    assert statuses(role_trust_exact, evidence, providers(provider(client_ids=DENIED))) == ["not_assessed"]


def test_the_widest_of_several_audiences_is_judged() -> None:
    wide = statement(Condition={"StringEquals": {f"{ISSUER}:aud": "other"}})
    evidence = roles(role(statement(f"{SA}:shop:*", "StringLike"), wide))

    assert statuses(role_trust_exact, evidence) == ["review"]
    assert statuses(role_trust_exact, evidence, providers(provider(client_ids=("other", "sts.amazonaws.com")))) == [
        "fail"
    ]


def test_more_audiences_than_a_provider_can_take_are_for_a_person() -> None:
    many = {f"{ISSUER}:aud": [str(number) for number in range(200)], f"{ISSUER}:sub": APP}
    evidence = roles(role(statement(Condition={"StringEquals": many})))

    assert statuses(role_trust_exact, evidence, gaps={OidcProviders: DENIED}) == ["review"]


def test_each_provider_has_its_verdict_and_several_are_noted() -> None:
    second = "oidc.eks.eu-central-1.amazonaws.com/id/DEF"
    arn = PROVIDER.replace(ISSUER, second)
    other = statement(
        Principal={"Federated": arn},
        Condition={"StringEquals": {f"{second}:aud": "sts.amazonaws.com", f"{second}:sub": APP}},
    )

    found = findings(role_trust_exact, roles(role(statement(), other)))

    assert [(item.status, item.discriminator) for item in found] == [
        ("pass", PROVIDER),
        ("pass", arn),
        ("review", "besides"),
    ]
    assert "through several identity providers" in found[-1].text


BESIDES = [
    pytest.param(
        {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}, "other principals", id="everybody"
    ),
    pytest.param(
        {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"},
        "ec2.amazonaws.com",
        id="a service",
    ),
]


@pytest.mark.parametrize(("more", "said"), BESIDES)
def test_notes_other_principals_of_the_same_policy(more: dict[str, Any], said: str) -> None:
    *_, finding = findings(role_trust_exact, roles(role(statement(), more)))

    assert (finding.status, finding.severity, finding.discriminator) == ("review", "low", "besides")
    assert said in finding.text


def test_notes_an_action_that_includes_more() -> None:
    *_, finding = findings(role_trust_exact, roles(role(statement(Action="sts:*"))))

    assert "sts:* includes more" in finding.text


def test_pod_identity_in_the_same_policy_is_no_other_principal() -> None:
    assert statuses(role_trust_exact, roles(role(statement(), for_pods()))) == ["pass"]


def test_roles_for_pod_identity_alone_are_not_judged() -> None:
    assert statuses(role_trust_exact, roles(role(for_pods()))) == ["not_applicable"]


def test_names_the_cluster_that_it_speaks_of() -> None:
    wide = roles(role(statement(None, "StringLike")))

    (finding,) = findings(role_trust_exact, wide)

    assert CLUSTER.cluster in finding.text


POWERS = [
    pytest.param([allowing("s3:GetObject", on="arn:aws:s3:::a/*")], "high", "s3 (read, some resources)", id="reads"),
    pytest.param([allowing("*")], "critical", "everything in the account", id="everything"),
    pytest.param([allowing("iam:PutRolePolicy")], "critical", "iam (write)", id="changes any role"),
    pytest.param([allowing("iam:PutRolePolicy", on="arn:aws:iam::*:role/app-*")], "high", "iam", id="changes some"),
    pytest.param([allowing("*", Condition={"Bool": {"a": "b"}})], "high", "every service", id="under a condition"),
    pytest.param([], "high", "nothing by policies of its own", id="no policy"),
]


@pytest.mark.parametrize(("items", "severity", "words"), POWERS)
def test_says_what_the_role_may_reach_and_takes_the_severity_from_it(
    items: list[PolicyDocument], severity: str, words: str
) -> None:
    (finding,) = findings(role_trust_exact, roles(role(statement(None))), role_policies(attached(*items)))

    assert finding.severity == severity
    assert f"The role may reach {words}" in finding.text


def test_without_the_policies_it_says_so_and_the_status_stays() -> None:
    (finding,) = findings(role_trust_exact, roles(role(statement(None))), gaps={RolePolicies: DENIED})

    assert finding.status == "fail"
    assert "may reach not known, since its policies were not read" in finding.text
    assert any("role_policies" in limitation for limitation in finding.limitations)
