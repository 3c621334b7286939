"""Named policies: what each admits, in words, with a witness and with what is wrong."""

from __future__ import annotations

import pytest
from tests.trust.catalogue import APP, AUD, CASES, SUB, Case, allow, deny, pinned, policy, sa
from tests.trust.generate import ACCOUNT, AUDIENCE, ISSUER, OTHER_PROVIDER, PROVIDER
from tests.trust.oracle import verdict

from eksaminer.trust import (
    ANY_PROVIDER,
    FlawId,
    Issuer,
    TrustPolicy,
    Width,
    corrected,
    examine,
    find_flaws,
    issuer_kind,
    shown,
)
from eksaminer.trust.flaw import WORDING

EACH = pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in CASES])


@EACH
def test_a_policy_admits_whom_the_table_says(case: Case) -> None:
    read = TrustPolicy.from_document(case.policy)
    reach = read.reach(PROVIDER)
    beyond = reach.beyond(read.named(PROVIDER))

    assert reach.width == case.width
    assert reach.describe().replace(f" of {ISSUER}", "").replace(f"through {ISSUER}", "through") == case.sentence
    assert (shown(beyond) if beyond else "") == case.beyond


@EACH
def test_what_is_wrong_is_named(case: Case) -> None:
    flaws = find_flaws(TrustPolicy.from_document(case.policy), PROVIDER)

    assert {flaw.id for flaw in flaws} == case.flaws
    assert all(flaw.sentence.endswith(".") and "{" not in flaw.sentence.replace("${", "") for flaw in flaws)


@EACH
def test_every_answer_is_confirmed_by_the_other_evaluator(case: Case) -> None:
    read = TrustPolicy.from_document(case.policy)
    reach = read.reach(PROVIDER)
    seen = [word for word in (reach.witness(), reach.beyond(read.named(PROVIDER))) if word]
    tried = [*seen, *read.named(PROVIDER), "system:serviceaccount:a:a"]

    assert all(verdict(case.policy, PROVIDER, word) != "no" for word in seen)
    assert [read.may_assume(PROVIDER, word) for word in tried] == [
        verdict(case.policy, PROVIDER, word) for word in tried
    ]


@EACH
def test_the_corrected_policy_is_exact_and_pinned(case: Case) -> None:
    read = TrustPolicy.from_document(case.policy)
    better = corrected(read, [PROVIDER])
    if better is None:
        assert case.beyond == ""
        return
    after = TrustPolicy.from_document(better)
    left = {flaw.id for flaw in find_flaws(after, PROVIDER)}

    assert after.reach(PROVIDER).beyond(read.named(PROVIDER)) is None
    assert after.reach(PROVIDER).width in (Width.NAMED, Width.NOBODY)
    assert FlawId.AUDIENCE_NOT_PINNED not in left
    assert corrected(after, [PROVIDER]) is None


def test_every_flaw_is_worded_and_stands_in_the_table() -> None:
    shown_in_table = frozenset[str]().union(*(case.flaws for case in CASES))

    assert set(WORDING) == set(FlawId)
    elsewhere = {FlawId.NOT_PRINCIPAL, FlawId.PROVIDER_SPELLING, FlawId.SUBJECT_PATTERN, FlawId.OTHER_CLAIM}
    assert set(FlawId) - shown_in_table == elsewhere


def test_a_corrected_policy_keeps_what_it_does_not_concern() -> None:
    root = "arn:aws:iam::111122223333:root"
    case = next(case for case in CASES if case.name == "a prefix of names")
    statement = {**case.policy["Statement"][0], "Principal": {"Federated": PROVIDER, "AWS": root}, "Action": "sts:*"}
    better = corrected(TrustPolicy.from_document({**case.policy, "Statement": statement}), [PROVIDER])

    assert better is not None
    assert better["Statement"][0]["Principal"] == {"AWS": root}
    assert "sts:AssumeRole" in better["Statement"][0]["Action"]
    assert "sts:AssumeRoleWithWebIdentity" not in better["Statement"][0]["Action"]


def test_a_corrected_policy_keeps_conditions_on_the_request() -> None:
    subjects = {f"{ISSUER}:sub": ["system:serviceaccount:prod:app", "system:serviceaccount:prod:*"]}
    block = {"StringLike": subjects, "IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}
    statement = {**CASES[0].policy["Statement"][0], "Condition": block}
    better = corrected(TrustPolicy.from_document({"Version": "2012-10-17", "Statement": statement}), [PROVIDER])

    assert better is not None
    assert better["Statement"][0]["Condition"] == {
        "StringEquals": {f"{ISSUER}:aud": AUDIENCE, f"{ISSUER}:sub": "system:serviceaccount:prod:app"},
        "IpAddress": {"aws:SourceIp": "10.0.0.0/8"},
    }


def test_a_provider_of_another_kind_is_judged_by_any_subject() -> None:
    github = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"
    block = {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:acme/*"}}
    statement = {**CASES[0].policy["Statement"][0], "Principal": {"Federated": github}, "Condition": block}
    read = TrustPolicy.from_document({"Version": "2012-10-17", "Statement": statement})
    reach = read.reach(github)

    assert [flaw.id for flaw in find_flaws(read, github)] == ["subject_pattern", "audience_not_pinned"]
    assert reach.witness() == "repo:acme/"
    assert reach.width is Width.NAMESPACES
    assert "repo:acme/app:ref:refs/heads/main" in reach


def claims(issuer: str, operator: str, **values: str) -> tuple[TrustPolicy, str]:
    """A policy with conditions on claims of *issuer*, and its provider."""
    provider = f"arn:aws:iam::111122223333:oidc-provider/{issuer}"
    keys = {f"{issuer}:{claim}": value for claim, value in values.items()}
    return TrustPolicy.from_document(
        policy({**allow({operator: keys}), "Principal": {"Federated": provider}})
    ), provider


@pytest.mark.parametrize("issuer", ["token.actions.githubusercontent.com", "gitlab.example.com", "accounts.google.com"])
@pytest.mark.parametrize("operator", ["StringEquals", "StringNotEquals", "Null"])
def test_another_claim_of_a_provider_outside_eks_may_hold_or_not(issuer: str, operator: str) -> None:
    read, provider = claims(issuer, operator, aud=AUDIENCE if operator == "StringEquals" else "false", azp="true")
    subject = "repo:acme/app:ref:refs/heads/main"

    assert read.may_assume(provider, subject) == "depends"
    assert next(flaw.id for flaw in find_flaws(read, provider)) is FlawId.OTHER_CLAIM


def test_a_cluster_sends_no_other_claim() -> None:
    read, provider = claims(ISSUER, "StringEquals", sub="system:serviceaccount:prod:app", azp="x")

    assert read.reach(provider).is_empty
    assert FlawId.ABSENT_CLAIM in [flaw.id for flaw in find_flaws(read, provider)]


def test_a_corrected_statement_keeps_its_conditions_on_other_claims() -> None:
    issuer = "token.actions.githubusercontent.com"
    read, provider = claims(issuer, "StringEquals", sub="repo:acme/app:ref:refs/heads/main", repository="acme/app")
    better = corrected(read, [provider])

    assert better is not None
    assert better["Statement"][0]["Condition"]["StringEquals"] == {
        f"{issuer}:aud": AUDIENCE,
        f"{issuer}:sub": "repo:acme/app:ref:refs/heads/main",
        f"{issuer}:repository": "acme/app",
    }


def test_what_a_deny_leaves_is_what_counts() -> None:
    read = TrustPolicy.from_document(
        policy(allow(), deny({"StringNotEquals": {AUD: AUDIENCE}}), deny({"StringNotEquals": {SUB: APP}}))
    )
    statements = examine(read).providers[0].statements

    assert read.reach(PROVIDER).subjects == (APP,)
    assert find_flaws(read, PROVIDER) == ()
    assert corrected(read, [PROVIDER]) is None
    assert [item.admitted.sentence.split(f" of {ISSUER} ")[0] for item in statements] == [
        "Every service account", "No service account", "Service accounts",
    ]  # fmt: skip
    assert "is refused the role" in statements[1].admitted.sentence
    assert "in namespaces that are not named would be refused the role" in statements[2].admitted.sentence


def test_a_deny_that_leaves_more_than_the_names_leaves_the_flaws_too() -> None:
    read = TrustPolicy.from_document(policy(allow(), deny({"StringLike": {SUB: sa("kube-system", "*")}})))

    assert [flaw.id for flaw in find_flaws(read, PROVIDER)] == [FlawId.NO_SUBJECT, FlawId.AUDIENCE_NOT_PINNED]


def test_a_part_of_a_reach_can_be_asked_for() -> None:
    case = next(case for case in CASES if case.name == "a whole namespace")
    reach = TrustPolicy.from_document(case.policy).reach(PROVIDER)

    assert reach.within("system:serviceaccount:*:default").subjects == ("system:serviceaccount:prod:default",)
    assert reach.within("system:serviceaccount:dev:*").is_empty


def test_a_corrected_statement_keeps_its_name() -> None:
    wide = {"Sid": "App", **allow(pinned("StringLike", [APP, sa("prod", "web-*")]))}
    better = corrected(TrustPolicy.from_document(policy(wide)), [PROVIDER])

    assert better is not None
    assert better["Statement"][0]["Sid"] == "App"


def test_a_provider_through_which_nobody_is_admitted_is_not_counted_among_several() -> None:
    living = allow(pinned("StringEquals", APP))
    dead = allow({"StringEquals": {SUB: APP}}, Principal={"Federated": OTHER_PROVIDER})

    assert "several_providers" not in ids(policy(living, dead))


def ids(document: dict[str, object], provider: str = PROVIDER) -> set[str]:
    return {flaw.id for flaw in find_flaws(TrustPolicy.from_document(document), provider)}


def test_a_provider_in_another_case_may_or_may_not_be_meant() -> None:
    document = policy(allow(pinned("StringEquals", APP), Principal={"Federated": PROVIDER.upper()}))

    assert TrustPolicy.from_document(document).may_assume(PROVIDER, APP) == "depends"
    assert "provider_spelling" in ids(document)


def test_not_principal_may_admit_every_other_provider() -> None:
    statement = {name: value for name, value in allow(pinned("StringEquals", APP)).items() if name != "Principal"}
    document = policy({**statement, "NotPrincipal": {"Federated": OTHER_PROVIDER}})

    assert TrustPolicy.from_document(document).may_assume(PROVIDER, APP) == "depends"
    assert TrustPolicy.from_document(document).may_assume(OTHER_PROVIDER, APP) == "no"
    assert "not_principal" in ids(document)


def test_everyone_as_principal_is_looked_at_from_the_issuers_of_the_conditions_and_from_any() -> None:
    read = TrustPolicy.from_document(policy(allow(pinned("StringEquals", APP), Principal="*")))

    assert read.providers == (ISSUER.lower(), ANY_PROVIDER)
    assert read.reach(ANY_PROVIDER).is_empty


@pytest.mark.parametrize("name", ["*", f"{ACCOUNT}:oidc-provider/*", "arn:aws:iam::?????????333:oidc-provider/*"])
def test_a_wildcard_for_the_provider_may_admit_any(name: str) -> None:
    read = TrustPolicy.from_document(policy(allow(Principal={"Federated": name})))

    assert ANY_PROVIDER in read.providers
    assert read.reach(ANY_PROVIDER).width is Width.EVERYONE
    assert read.may_assume(PROVIDER, APP) == "depends"


@pytest.mark.parametrize(
    "condition",
    [
        pytest.param({"ForSome:StringLike": {SUB: "*"}}, id="an unknown qualifier"),
        pytest.param({"Null": {SUB: "maybe"}}, id="an unknown value of Null"),
        pytest.param({"NullIfExists": {SUB: "true"}}, id="Null takes no IfExists"),
    ],
)
def test_what_iam_does_not_document_is_undecided_and_said(condition: dict[str, object]) -> None:
    document = policy(allow(condition))

    assert TrustPolicy.from_document(document).may_assume(PROVIDER, APP) == "depends"
    assert "unknown_operator" in ids(document)


def test_a_statement_of_another_principal_survives_the_correction() -> None:
    saml = f"{ACCOUNT}:saml-provider/corp"
    statement = allow(pinned("StringLike", sa("prod", "*")), Principal={"Federated": [PROVIDER, saml]}, Action="sts:*")
    better = corrected(TrustPolicy.from_document(policy(statement)), [PROVIDER])

    assert better is not None
    assert [entry["Principal"] for entry in better["Statement"]] == [{"Federated": saml}]


def test_an_excluded_action_stays_excluded_in_the_correction() -> None:
    statement = {name: value for name, value in allow().items() if name != "Action"}
    document = policy({**statement, "NotAction": "sts:TagSession", "Principal": "*"})
    better = corrected(TrustPolicy.from_document(document), [PROVIDER])

    assert better is not None
    assert better["Statement"][0]["NotAction"] == ["sts:TagSession", "sts:AssumeRoleWithWebIdentity"]


def test_a_self_hosted_issuer_is_judged_by_what_the_policy_speaks_of() -> None:
    hosted = f"{ACCOUNT}:oidc-provider/s3.eu-central-1.amazonaws.com/issuer"
    key = "s3.eu-central-1.amazonaws.com/issuer:sub"
    of_cluster = policy(allow({"StringLike": {key: sa("prod", "*")}}, Principal={"Federated": hosted}))
    of_others = policy(allow({"StringLike": {key: "user-*"}}, Principal={"Federated": hosted}))

    assert issuer_kind(hosted) is Issuer.OTHER
    assert TrustPolicy.from_document(of_cluster).reach(hosted).witness() == sa("prod", "a")
    assert TrustPolicy.from_document(of_others).reach(hosted).witness() == "user-"


def test_that_a_subject_exists_is_no_condition_on_it() -> None:
    document = policy(allow({"Null": {SUB: "false"}, "StringEquals": {AUD: AUDIENCE}}), deny({"Null": {SUB: "true"}}))

    assert ids(document) == {"no_subject_condition"}
