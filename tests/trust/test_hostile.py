"""What is no trust policy, and what is made to be hard: a clear error, or an explicit answer; never an exception."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.trust.catalogue import APP, AUD, SUB, allow, deny, pinned, policy, sa
from tests.trust.generate import AUDIENCE, PROVIDER

from eksaminer.trust import LARGEST, TrustPolicy, TrustPolicyError, Width, examine

GOOD = allow(pinned("StringEquals", APP))


def bad(**changes: Any) -> dict[str, Any]:
    return policy({**GOOD, **changes})


@pytest.mark.parametrize(
    ("document", "says"),
    [
        pytest.param("", "is empty", id="empty"),
        pytest.param(" \n", "is empty", id="blank"),
        pytest.param("{", "not JSON", id="half"),
        pytest.param("[" * 100_000, "larger than", id="too large"),
        pytest.param("[" * 60_000, "nested too deeply", id="deep"),
        pytest.param("1" * 5_000, "number in it is too long", id="a long number"),
        pytest.param("NaN", "NaN is not JSON", id="not a number"),
        pytest.param("[]", "this is a list", id="a list"),
        pytest.param("null", "this is null", id="null"),
        pytest.param('"text"', "this is a string", id="a string"),
        pytest.param("{}", "no Statement", id="an empty object"),
        pytest.param('{"Statement":[],"Statement":[]}', "stands twice", id="a duplicate key"),
        pytest.param('{"Statement":[],"Extra":1}', 'no element "Extra"', id="an unknown element"),
        pytest.param('{"Version":"2020-01-01","Statement":[]}', "IAM knows 2012-10-17", id="an unknown version"),
        pytest.param('{"Version":["2012-10-17"],"Statement":[]}', "policy version", id="a version of another type"),
        pytest.param('{"Statement":["x"]}', "Statement 1 is a string", id="a statement that is text"),
        pytest.param('{"Statement":[],"Id":"\\ud800"}', "no text", id="half a surrogate pair"),
        pytest.param(bad(Resource="*"), "policy of another kind", id="a policy of a bucket"),
        pytest.param(bad(Sid=7), "Sid of statement 1", id="a number as Sid"),
        pytest.param(bad(Effect="allow"), "IAM knows Allow and Deny", id="an effect in lower case"),
        pytest.param(bad(Effect=[]), "IAM knows Allow and Deny", id="an effect of another type"),
        pytest.param(bad(NotPrincipal="*"), "both Principal and NotPrincipal", id="two principals"),
        pytest.param(bad(NotAction="*"), "both Action and NotAction", id="two actions"),
        pytest.param(bad(Principal="me"), "object or an asterisk", id="a principal that is text"),
        pytest.param(bad(Principal={"Azure": "x"}), 'kind "Azure"', id="an unknown kind of principal"),
        pytest.param(bad(Principal={"AWS": [None]}), "is null, not a string", id="null as principal"),
        pytest.param(bad(Action={"x": 1}), "is an object, not a string", id="an object as action"),
        pytest.param(bad(Condition=[]), "Condition of statement 1 is a list", id="a list as condition"),
        pytest.param(bad(Condition={"StringEquals": "x"}), "a string under the operator", id="text under an operator"),
        pytest.param(bad(Condition={"Null": {SUB: None}}), "is null, not a string", id="null as value"),
        pytest.param(bad(Condition={"Null": {SUB: [["x"]]}}), "is a list, not a string", id="a list in a list"),
        pytest.param(policy({"Effect": "Allow", "Action": "s3:*"}), "permission policy", id="no principal"),
        pytest.param(policy({"Effect": "Allow", "Principal": "*"}), "has no Action", id="no action"),
        pytest.param({"Statement": {1, 2}}, "JSON cannot hold", id="a set"),
        pytest.param({"Statement": [float("inf")]}, "JSON cannot hold", id="infinity"),
        pytest.param(policy(allow(pinned("StringEquals", "x" * LARGEST))), "larger than", id="a large object"),
    ],
)
def test_what_is_no_trust_policy_is_refused_in_one_sentence(document: Any, says: str) -> None:
    with pytest.raises(TrustPolicyError) as error:
        TrustPolicy.from_document(document)

    assert says in str(error.value)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 300


def test_a_later_change_of_the_document_changes_nothing() -> None:
    document = policy(dict(GOOD))
    read = TrustPolicy.from_document(document)
    document["Statement"].clear()

    assert read.reach(PROVIDER).subjects == (APP,)


def many(build: Callable[[int], dict[str, Any]]) -> dict[str, Any]:
    """As many of something as 64 KB hold."""
    number = 64
    while len(json.dumps(build(int(number * 1.3)))) < LARGEST - 1_000:
        number = int(number * 1.3)
    return build(number)


def like(values: Any, operator: str = "StringLike") -> dict[str, Any]:
    return policy(allow(pinned(operator, values)))


def code(number: int) -> str:
    return f"n{number * 7919 % 100_003}"


HARD = {
    "names": (many(lambda n: like([sa(code(i), "app") for i in range(n)], "StringEquals")), Width.NAMED),
    "names in any case": (many(lambda n: like([sa(code(i), "App") for i in range(n)], "StringEqualsIgnoreCase")), None),
    "namespaces": (many(lambda n: like([sa(code(i), "*") for i in range(n)])), Width.NAMESPACES),
    "parts of names": (many(lambda n: like([f"*{code(i)}*" for i in range(n)])), None),
    "parts of names, excluded": (many(lambda n: like([f"*{code(i)}*" for i in range(n)], "StringNotLike")), None),
    "asterisks": (like("*a" * 30_000), Width.NOBODY),
    "only asterisks": (like("*" * 60_000), Width.EVERYONE),
    "question marks": (like("*" + "?" * 60_000), None),
    "a long memory": (like("*a" + "?" * 40 + "*"), Width.UNDECIDED),
    "long memories": (many(lambda n: like(["*a" + "?" * (i % 40) + "b*" for i in range(n)])), None),
    "statements": (
        many(lambda n: policy(*(allow({"StringLike": {SUB: sa(code(i), "*")}}) for i in range(n)))),
        Width.NAMESPACES,
    ),
    "statements with exceptions": (
        many(
            lambda n: policy(
                *(allow({"StringLike": {SUB: sa(code(i), "*")}, "StringNotLike": {SUB: f"*{i}*z"}}) for i in range(n))
            )
        ),
        None,
    ),
    "denials": (
        many(lambda n: policy(allow(), *(deny({"StringLike": {SUB: sa(code(i), "*")}}) for i in range(n)))),
        None,
    ),
    "names and exceptions": (
        many(
            lambda n: policy(
                allow(pinned("StringEquals", [sa(code(i), "app") for i in range(n)])),
                deny({"StringLike": {SUB: [f"*{code(i)}?x*" for i in range(n)]}}),
            )
        ),
        None,
    ),
    "an audience of patterns": (
        many(lambda n: policy(allow({"StringLike": {AUD: [f"*{i}?*" for i in range(n)]}}))),
        Width.NOBODY,
    ),
}


@pytest.mark.parametrize("name", HARD)
def test_a_hard_policy_has_an_explicit_answer(name: str) -> None:
    document, width = HARD[name]
    read = TrustPolicy.from_document(document)
    reach = read.reach(PROVIDER)
    beyond = reach.beyond(read.named(PROVIDER))

    assert width is None or reach.width is width
    assert reach.is_decided or not (reach.is_empty or reach.is_finite)
    assert reach.is_decided or "too complex to decide exactly" in reach.describe()
    assert beyond is None or read.may_assume(PROVIDER, beyond) != "no"
    assert read.may_assume(PROVIDER, APP) in ("yes", "no", "depends")


def test_what_is_too_complex_is_never_called_narrow() -> None:
    read = TrustPolicy.from_document(HARD["a long memory"][0])
    found = examine(read)

    assert found.is_wider
    assert found.providers[0].is_wider
    assert found.providers[0].admitted.width is Width.UNDECIDED


@pytest.mark.parametrize(
    "text", ["system:serviceaccount:пр*:*", "İ*", "*\u202e*", "ſ", "\u212a", "*\x00*", "[a-z]*", "\\*"]
)
def test_unicode_and_symbols_of_other_languages_mean_nothing(text: str) -> None:
    read = TrustPolicy.from_document(like(text))

    assert read.reach(PROVIDER).is_empty


def test_more_providers_than_a_policy_has_room_for_are_refused_with_the_reason() -> None:
    many = [f"arn:aws:iam::111122223333:oidc-provider/oidc.example.com/{number}" for number in range(101)]

    with pytest.raises(TrustPolicyError, match=r"101 identity providers.*too many to decide"):
        TrustPolicy.from_document(bad(Principal={"Federated": many}))


def test_more_issuers_in_condition_keys_than_a_policy_has_room_for_are_refused_with_the_reason() -> None:
    keys = {f"issuer-{number}.example.com:sub": sa(f"*{code(number)}*", "*") for number in range(101)}

    with pytest.raises(TrustPolicyError, match=r"101 identity providers.*too many to decide"):
        TrustPolicy.from_document(bad(Principal="*", Condition={"StringLike": keys}))


def test_the_providers_of_a_policy_share_what_a_question_may_cost() -> None:
    one = TrustPolicy.from_document(policy(GOOD))
    names = [f"arn:aws:iam::111122223333:oidc-provider/oidc.example.com/{number}" for number in range(10)]
    ten = TrustPolicy.from_document(bad(Principal={"Federated": names}))

    assert ten.steps * 10 == one.steps


def test_audiences_that_make_no_difference_are_decided_once() -> None:
    read = TrustPolicy.from_document(like(sa("*", "app-*")))

    assert read.reach(PROVIDER, "a") is read.reach(PROVIDER, "b")


def test_audiences_that_may_make_a_difference_share_what_a_question_may_cost() -> None:
    pinned_to = [allow({"StringEquals": {AUD: audience, SUB: APP}}) for audience in ("a", "b")]

    assert TrustPolicy.from_document(policy(*pinned_to)).steps * 3 == TrustPolicy.from_document(policy(GOOD)).steps


def test_no_corrected_policy_is_written_where_names_and_patterns_are_too_many() -> None:
    names = {"StringEqualsIgnoreCase": {SUB: [f"system:serviceaccount:Ns-{n}:app-{n}" for n in range(900)]}}

    found = examine(TrustPolicy.from_document(policy(allow(names))), (PROVIDER,), AUDIENCE)

    assert found.corrected == {}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
statements = st.fixed_dictionaries(
    {
        "Effect": st.sampled_from(["Allow", "Deny"]) | json_values,
        "Principal": st.just({"Federated": PROVIDER}) | json_values,
        "Action": st.just("sts:*") | json_values,
    },
    optional={
        "Condition": st.dictionaries(
            st.sampled_from(["StringLike", "Null", "StringEquals", "x"]) | st.text(max_size=5),
            st.dictionaries(st.sampled_from([SUB, AUD, "aws:x"]) | st.text(max_size=5), json_values, max_size=2),
            max_size=2,
        )
        | json_values
    },
)


@settings(max_examples=200, deadline=None)
@given(st.lists(statements, max_size=3))
def test_anything_is_refused_or_answered(entries: list[dict[str, Any]]) -> None:
    try:
        read = TrustPolicy.from_document({"Version": "2012-10-17", "Statement": entries})
    except TrustPolicyError:
        return
    found = examine(read, (PROVIDER,), AUDIENCE, (APP,))

    assert found.providers[0].tried[0].answer in ("yes", "no", "depends")
    assert found.providers[0].admitted.sentence.endswith(".")
