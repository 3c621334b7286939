"""Queries of Logs Insights: what they say of events, and what is left open."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eksaminer.insights_query import InsightsQuery, InsightsQueryError, Reading, discovered
from eksaminer.insights_query.evaluate import in_python
from eksaminer.insights_query.regex import read_regex

EVENT = {
    "verb": "create",
    "user": {"username": "alice", "groups": ["a", "b"]},
    "objectRef": {"resource": "roles", "name": "x"},
    "responseStatus": {"code": 403},
}
ROW: dict[str, Any] = {
    **discovered(json.dumps(EVENT)),
    "@message": json.dumps(EVENT),
    "@logStream": "kube-apiserver-audit-1",
}

ANSWERS = [
    pytest.param("fields @message", "yes", id="no filter"),
    pytest.param('filter verb = "create"', "yes", id="equal"),
    pytest.param('filter VERB = "create"', "no", id="a field has its case"),
    pytest.param('filter responseStatus.code = "403" and responseStatus.code in [401, 403]', "yes",
                 id="numbers are loose"),
    pytest.param('filter nothing = "x"', "no", id="a missing field equals nothing"),
    pytest.param('filter nothing != "x"', "open", id="whether it differs is not documented"),
    pytest.param('filter not nothing like "x"', "open", id="nor whether it is unlike"),
    pytest.param('filter not nothing = "x" and verb = "get"', "no", id="what else decides, decides"),
    pytest.param('filter nothing != "x" or verb = "create"', "yes", id="so here"),
    pytest.param("filter not ispresent(nothing) and isempty(nothing)", "yes", id="what is missing is empty"),
    pytest.param("filter odd(verb)", "open", id="an unknown function"),
    pytest.param("filter not odd(verb)", "open", id="and its opposite"),
    pytest.param('filter odd(verb) = 1 and verb = "get"', "no", id="beside what decides"),
    pytest.param("filter tolower(odd(verb)) = 'x'", "open", id="a known function of an unknown one"),
    pytest.param("fields odd(verb) as x | filter x = 1", "open", id="an alias of an unknown one"),
    pytest.param("fields toupper(verb) as x | filter x = 'CREATE'", "yes", id="an alias"),
    pytest.param("stats count(*) as n by verb | filter n > 1", "open", id="results of stats"),
    pytest.param("filter verb = 'get' | stats count(*) as n by verb | filter n > 1", "no", id="nothing to count"),
    pytest.param('parse @message \'"username": "*"\' as who | filter who = "alice"', "yes", id="cut out"),
    pytest.param('parse "\\"username\\": \\"*\\", *" as who, rest | filter who = "alice" and rest like /groups/', "yes",
                 id="cut out of the message, to its end"),
    pytest.param("parse @message 'nothing=*' as who | filter who = 'alice'", "no", id="nothing to cut out"),
    pytest.param("parse @message /(?<who>a.*)/ | filter who = 'x'", "open", id="cut out by an expression"),
    pytest.param("filter verb like /^cr(ea|ie)te?$/", "yes", id="a group"),
    pytest.param("filter verb like /(?i)CREATE/", "yes", id="any case"),
    pytest.param(r"filter verb like /\bcreate/", "open", id="an expression that is not read"),
    pytest.param("filter verb = 'create' # why\n| sort @timestamp asc, verb | limit 5", "yes",
                 id="comment, sort, limit"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "answer"), ANSWERS)
def test_answers_by_what_is_documented_and_leaves_the_rest_open(text: str, answer: str) -> None:
    query = InsightsQuery.parse(text)

    assert query.answer(ROW) == answer
    assert answer != "open" or query.unread or "nothing" in text


@pytest.mark.parametrize(
    "text",
    [
        "dedup verb", "SOURCE 'x' | fields a", "filter verb == 'x'", "filter {{x}} = 1", "fields a | | limit 1",
        "limit many", "limit -1", "parse @message '* *' as one", "filter " + "(" * 200 + "a = 1" + ")" * 200,
        "filter " + "f(" * 200 + "a" + ")" * 200, "filter a", "filter a not", "fields a" * 2_000,
    ],
)  # fmt: skip
def test_refuses_what_it_does_not_read(text: str) -> None:
    with pytest.raises(InsightsQueryError):
        InsightsQuery.parse(text)


FIELDS = st.sampled_from(["verb", "user.username", "objectRef.resource", "responseStatus.code", "nothing", "@message"])
VALUES = st.sampled_from(['"create"', '"alice"', "403", '"403"', '"x"', "/(?i)rol[aeiou]s?/", "/a|b/"])


@st.composite
def leaves(draw: st.DrawFn) -> str:
    field, value = draw(FIELDS), draw(VALUES)
    sign = "like" if value.startswith("/") else draw(st.sampled_from(["=", "!=", "<", ">=", "in", "not in"]))
    return f"{field} {sign} {f'[{value}]' if sign.endswith('in') else value}"


TESTS = st.recursive(
    leaves(), lambda inner: st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda p: f"({' '.join(p)})"),
    max_leaves=6,
)  # fmt: skip
TWO_VALUED = Reading(negation_of_missing=True, searches=in_python)


@given(TESTS)
@settings(max_examples=150, deadline=None)
def test_an_answer_is_what_every_reading_gives_and_a_negation_turns_it_round(test: str) -> None:
    query, opposite = InsightsQuery.parse(f"filter {test}"), InsightsQuery.parse(f"filter not ({test})")
    answer = query.answer(ROW)

    assert answer == "open" or query.passing(TWO_VALUED)(ROW) is (answer == "yes")
    assert query.passing(TWO_VALUED)(ROW) is not opposite.passing(TWO_VALUED)(ROW)
    if answer == "yes":
        assert opposite.answer(ROW) == "no"


EXPRESSIONS = st.recursive(
    st.sampled_from(
        ["a", "b", "ab", ".", "[ab]", "[^a]", r"\d", r"\w", "1", "^", "$", "-", "a?", "b*", "[a-c]+", "a{2}"]
    ),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.tuples(inner, inner).map(lambda p: f"({p[0]}|{p[1]})"),
        inner.map(lambda p: f"(?:{p})?"),
        inner.map(lambda p: f"({p}){{0,2}}"),
    ),
    max_leaves=5,
)


@given(EXPRESSIONS, st.text("ab1-C", max_size=6), st.booleans())
@settings(max_examples=400, deadline=None)
def test_expressions_that_are_read_match_as_python_matches_them(source: str, text: str, any_case: bool) -> None:
    source = f"(?i){source}" if any_case else source
    regex = read_regex(source)

    if regex is not None:
        assert regex.search(text, dot_line_break=False) is (re.search(source, text) is not None)


@pytest.mark.parametrize(
    "source", ["(a+)+$", "(a*)*b", r"(?=a)", r"(a)\1", "a{1000}", "(abc){6}", "a++", "[[:alpha:]]"]
)
def test_expressions_that_may_take_for_ever_or_mean_more_are_not_read(source: str) -> None:
    assert read_regex(source) is None
